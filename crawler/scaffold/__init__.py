"""What `crawl init` makes: a folder with a crawl that runs, and its tests, from the files in `templates`."""

from crawler.scaffold.contents import contents
from crawler.scaffold.folder import make_folder
from crawler.scaffold.names import class_name, folder_name
from crawler.scaffold.steps import next_steps

__all__ = ["class_name", "contents", "folder_name", "make_folder", "next_steps"]
