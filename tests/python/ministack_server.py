"""MiniStack on a free port of 127.0.0.1: prints `listening on URL`, ends when stdin does."""
import os, socket

import lifeline

lifeline.attach()
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(128)  # early askers wait in the queue, they are not turned away
port = listener.getsockname()[1]
os.environ.update(GATEWAY_PORT=str(port), BIND_HOST="127.0.0.1", LOG_LEVEL="WARNING")

import asyncio

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app  # reads the environment while it is imported

config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.keep_alive_timeout = 75
config.loglevel = "WARNING"
lifeline.listening(port)
asyncio.run(serve(app, config))
