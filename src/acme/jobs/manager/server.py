"""The manager's HTTP service."""

from __future__ import annotations

from aiohttp import web

from acme.jobs.common import wire
from acme.jobs.common.settings import Settings
from acme.jobs.runner.launch import Launcher

from .loop import Loop
from .page import overview
from .schedule import Policy
from .store import Store

_STORE = web.AppKey("store", Store)


async def _list(request: web.Request) -> web.Response:
    jobs = await request.app[_STORE].jobs()
    return web.Response(body=wire.pack(jobs), content_type=wire.CONTENT_TYPE)


async def _submit(request: web.Request) -> web.Response:
    for job in wire.unpack(await request.read()):
        await request.app[_STORE].put(job)
    return web.Response(status=202)


async def _overview(request: web.Request) -> web.Response:
    return web.Response(text=overview(await request.app[_STORE].jobs()), content_type="text/html")


def application(settings: Settings, policy: Policy) -> web.Application:
    app = web.Application()
    store = app[_STORE] = Store(settings.database)
    loop = Loop(store, policy, Launcher.for_this_machine(), settings.slots)
    app.router.add_get("/", _overview)
    app.router.add_get("/jobs", _list)
    app.router.add_post("/jobs", _submit)

    async def life(app: web.Application):
        await store.open()
        loop.start()
        yield
        await loop.stop()
        await store.close()

    app.cleanup_ctx.append(life)
    return app
