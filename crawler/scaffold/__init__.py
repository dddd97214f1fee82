"""What `crawl init` makes: a folder with a crawl, or with plugins, that works at once, and its tests.

The files are in `templates`.
"""

from crawler.scaffold.contents import contents, plugin_contents
from crawler.scaffold.folder import make_folder
from crawler.scaffold.names import class_name, folder_name, module_name, plugin_name
from crawler.scaffold.steps import next_steps, plugin_steps
from crawler.scaffold.taken import taken

__all__ = [
    "class_name",
    "contents",
    "folder_name",
    "make_folder",
    "module_name",
    "next_steps",
    "plugin_contents",
    "plugin_name",
    "plugin_steps",
    "taken",
]
