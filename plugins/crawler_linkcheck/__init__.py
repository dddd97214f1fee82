"""Checks the links of a site: what is broken, has moved, or names an anchor that is not there.

    crawl linkcheck https://example.com/

The spider `linkcheck` yields one `Checked` for each URL; a `Ledger` takes them in any order, and gives a
`Report`.
"""

from crawler_linkcheck.facts import Checked, Link
from crawler_linkcheck.ledger import Ledger
from crawler_linkcheck.report import Finding, Place, Report
from crawler_linkcheck.spider import LinkCheck
from crawler_linkcheck.unknown import Unknown

__all__ = ["Checked", "Finding", "Ledger", "Link", "LinkCheck", "Place", "Report", "Unknown"]
