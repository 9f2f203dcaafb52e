"""Write a review as a comment, or replace the comment that an earlier run has written.

It needs no packages.  In GitHub Actions it uses GITHUB_TOKEN and PULL_REQUEST, in
GitLab REVIEW_TOKEN: a project access token with the scope "api".
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from itertools import count, takewhile
from pathlib import Path
from typing import Any

PAGE = 100


def main(path: Path) -> None:
    """Post the comment in the file, whose first line is its marker."""
    if not path.exists():
        print(f"there is no {path}: the review has failed before it was written")
        return
    text = path.read_text(encoding="utf-8")
    marker = text.splitlines()[0]
    place = gitlab() if "GITLAB_CI" in os.environ else github()
    old = next((c for c in place.comments() if place.is_ours(c, marker)), None)
    place.write(old, text)
    print("wrote the comment" if old is None else f"replaced the comment {old['id']}")


class Place:
    """The comments of a pull request or merge request.

    Args:
        list_url: lists the comments, and takes new ones.
        one_url: the URL of one comment, before its number.
        headers: with the token.
        method: the method that replaces a comment.
    """

    def __init__(
        self, list_url: str, one_url: str, headers: dict[str, str], method: str
    ) -> None:
        self.list_url, self.one_url = list_url, one_url
        self.headers, self.method = headers, method
        self.author: Any = None

    def comments(self) -> Any:
        """Yield all comments, page by page."""
        pages = (f"{self.list_url}?per_page={PAGE}&page={n}" for n in count(1))
        for page in takewhile(bool, (self.send("GET", url) for url in pages)):
            yield from page

    def is_ours(self, comment: Any, marker: str) -> bool:
        """Check that a comment has the marker, and that its author is no person."""
        is_marked = (comment["body"] or "").startswith(marker)
        if "author" in comment:  # GitLab
            return is_marked and comment["author"]["id"] == self.author
        return is_marked and comment["user"]["type"] == "Bot"

    def write(self, old: Any, text: str) -> None:
        """Replace the old comment, or write a new one."""
        if old is None:
            self.send("POST", self.list_url, {"body": text})
        else:
            self.send(self.method, f"{self.one_url}/{old['id']}", {"body": text})

    def send(self, method: str, url: str, body: Any = None) -> Any:
        """Send a request, and return the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def github() -> Place:
    """Return the comments of the pull request."""
    api, repository = os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"]
    issues = f"{api}/repos/{repository}/issues"
    headers = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}"}
    comments = f"{issues}/{os.environ['PULL_REQUEST']}/comments"
    return Place(comments, f"{issues}/comments", headers, "PATCH")


def gitlab() -> Place:
    """Return the notes of the merge request."""
    api, project = os.environ["CI_API_V4_URL"], os.environ["CI_PROJECT_ID"]
    request = os.environ["CI_MERGE_REQUEST_IID"]
    notes = f"{api}/projects/{project}/merge_requests/{request}/notes"
    place = Place(notes, notes, {"PRIVATE-TOKEN": os.environ["REVIEW_TOKEN"]}, "PUT")
    place.author = place.send("GET", f"{api}/user")["id"]
    return place


if __name__ == "__main__":
    main(Path(sys.argv[1]))
