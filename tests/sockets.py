"""A run's websocket, opened as a browser opens it."""

from django.test import Client
from websockets.sync.client import connect


def open_socket(site, user, run, origin=None, key=""):
    """To be entered by `with`. `user` None: a visitor without an account; `key`: of a share link."""
    client = Client()
    if user is not None:
        client.force_login(user)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    url = f"{site.replace('http', 'ws', 1)}/ws/runs/{run}/{'?key=' + key if key else ''}"
    return connect(url, origin=origin or site, additional_headers={"Cookie": cookie} if cookie else {}, max_size=2**22)
