"""The address guard as a table of cases."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network

import pytest

from crawler.policy.address import AddressRule


def nat64(ip: str) -> str:
    return f"64:ff9b::{int(IPv4Address(ip)) >> 16:x}:{int(IPv4Address(ip)) & 0xFFFF:x}"


def sixtofour(ip: str) -> str:
    return f"2002:{int(IPv4Address(ip)) >> 16:x}:{int(IPv4Address(ip)) & 0xFFFF:x}::1"


PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::200e",
    "::ffff:8.8.8.8",
    nat64("8.8.8.8"),
    sixtofour("8.8.8.8"),
]

NOT_PUBLIC = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "fd00:ec2::254",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "64:ff9b:1::7f00:1",
    nat64("127.0.0.1"),
    nat64("10.0.0.1"),
    nat64("224.0.0.1"),
    sixtofour("127.0.0.1"),
    sixtofour("192.168.0.1"),
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "not an address",
    "localhost",
    "",
    "127.1",
    "2130706433",
]


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_pass(ip: str) -> None:
    assert not AddressRule().refuses(ip)


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_all_others_are_refused(ip: str) -> None:
    assert AddressRule().refuses(ip)


@pytest.mark.parametrize(
    ("allow", "ip", "refused"),
    [
        ("127.0.0.1/32", "127.0.0.1", False),
        ("127.0.0.1/32", "127.0.0.2", True),
        ("127.0.0.0/8", "::ffff:127.9.9.9", False),
        ("127.0.0.0/8", "::1", True),
        ("::1/128", "::1", False),
        ("::1/128", "127.0.0.1", True),
        ("10.0.0.0/8", "10.1.2.3", False),
        ("10.0.0.0/8", nat64("10.1.2.3"), True),
        ("10.0.0.0/8", sixtofour("10.1.2.3"), True),
        ("fe80::/10", "fe80::1%eth0", False),
        ("10.0.0.0/8", "8.8.8.8", False),
    ],
)
def test_allowed_networks(allow: str, ip: str, refused: bool) -> None:
    assert AddressRule([ip_network(allow)]).refuses(ip) is refused


def test_verdicts_stay_the_same_and_bounded() -> None:
    rule = AddressRule()
    for number in range(10_000):
        assert rule.refuses(str(IPv4Address("10.0.0.0") + number))
    assert rule.refuses("10.0.0.0")
    assert not rule.refuses("8.8.8.8")
    assert len(rule._verdicts) <= 4096
