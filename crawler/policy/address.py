"""Which network addresses may be connected to: the guard against requests into private networks."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# What `is_global` says of these differs between Python versions, or is not what a crawler wants.
_NEVER_V4 = (IPv4Network("192.0.0.0/24"),)
_NEVER_V6 = (IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

_MAX_VERDICTS = 4096


class AddressRule:
    """Refuses every address that is not public, unless it is in an allowed network.

    Public means globally reachable unicast by the special-purpose registries of RFC 6890; an
    IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) must be public as well.

    Args:
        allow: networks that pass in any case; an IPv4-mapped address counts as its IPv4 address.
    """

    def __init__(self, allow: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self._allow = tuple(allow)
        self._verdicts: dict[str, bool] = {}

    def refuses(self, ip: str) -> bool:
        """Say whether connecting to this address is refused; what is no address is refused too."""
        verdict = self._verdicts.get(ip)
        if verdict is None:
            if len(self._verdicts) >= _MAX_VERDICTS:
                self._verdicts.clear()
            verdict = self._verdicts[ip] = self._judge(ip)
        return verdict

    def _judge(self, ip: str) -> bool:
        try:
            address = ip_address(ip)
        except ValueError:
            return True
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self._allow):
            return False
        return not (_is_public_v4(address) if isinstance(address, IPv4Address) else _is_public_v6(address))


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in never for never in _NEVER_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour is not None:  # global in Python 3.11, no longer in 3.13
        return _is_public_v4(address.sixtofour)
    if not (address in _GLOBAL_UNICAST and address.is_global):
        return False
    return all(map(_is_public_v4, address.teredo or ())) and not any(address in never for never in _NEVER_V6)
