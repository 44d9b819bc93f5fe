import asyncio
from contextlib import asynccontextmanager

import aiohttp
import discord
import pytest

from sandbox.discord.options import UnaskableError
from sandbox.discord.timings import Timings
from sandbox.discord.world import World

Tree = discord.app_commands.CommandTree[discord.Client]


def ping(tree: Tree) -> None:
    @tree.command(description="Answers")
    async def ping(interaction: discord.Interaction):
        await interaction.response.send_message("pong")


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the client under test tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def raw_gateway(query="?v=10&encoding=json"):
    """A client that speaks the gateway's own frames, for what discord.py never does."""
    url = str(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY) + query
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        yield socket


def identify(token, **changes):
    data = {"token": token, "intents": 1, "properties": {}} | changes
    return {"op": 2, "d": data}


async def closing_code(socket):
    async with asyncio.timeout(30):
        while (await socket.receive()).type not in {
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
        }:
            pass
    return socket.close_code


async def test_a_wrong_token_cannot_log_in(start, run):
    async with start() as server:
        with pytest.raises(discord.LoginFailure):
            async with run(ping, "wrong"):
                pass
    assert [(request.path, request.status) for request in server.requests] == [("/users/@me", 401)]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (identify("wrong"), 4004),
        (identify("sandbox-token", shard=[2, 2]), 4010),
        (identify("sandbox-token", intents=1 << 40), 4013),
        (identify("sandbox-token", intents=1 << 15), 4014),
        ({"op": 99}, 4001),
        ({"op": 3, "d": {}}, 4003),
        ({"no": "op"}, 4002),
        ({"op": 6, "d": {"token": "wrong"}}, 4004),
    ],
)
async def test_the_gateway_hangs_up_with_its_own_codes(start, frame, code):
    async with start(), raw_gateway() as socket:
        hello = await socket.receive_json()
        assert hello == {"t": None, "s": None, "op": 10, "d": hello["d"]}
        assert hello["d"]["heartbeat_interval"] == 41_250
        await socket.send_json(frame)
        assert await closing_code(socket) == code


async def test_another_version_of_the_gateway_is_not_spoken(start):
    async with start(), raw_gateway("?v=6") as socket:
        assert await closing_code(socket) == 4012


async def test_a_client_that_stops_its_heartbeat_is_cut_off(start, token):
    async with start(timings=Timings(heartbeat_interval=0.2)) as server, raw_gateway() as socket:
        await socket.send_json(identify(token))
        await socket.send_json({"op": 1, "d": None})
        await until(lambda: server.gateway.sessions)
        assert await closing_code(socket) == 4009
        assert not server.gateway.sessions


async def test_more_than_120_commands_a_minute_are_too_many(start):
    async with start(), raw_gateway() as socket:
        for _ in range(121):
            await socket.send_json({"op": 1, "d": None})
        assert await closing_code(socket) == 4008


async def test_identifying_too_soon_is_answered_with_op_9(start, token):
    timings = Timings(identify_spacing=0.3)
    async with start(timings=timings) as server, raw_gateway() as first, raw_gateway() as second:
        await first.send_json(identify(token, shard=[0, 2]))
        await until(lambda: server.identify_count == 1)
        await second.send_json(identify(token, shard=[1, 2]))
        frames = [await second.receive_json() for _ in range(2)]
        assert (frames[1]["op"], frames[1]["d"]) == (9, False)
        await asyncio.sleep(0.3)
        await second.send_json(identify(token, shard=[1, 2]))
        assert (await second.receive_json())["t"] == "READY"


async def test_buckets_of_shards_identify_side_by_side(start, token):
    async with start(timings=Timings()) as server:
        server.gateway.max_concurrency = 2
        async with raw_gateway() as first, raw_gateway() as second:
            await first.send_json(identify(token, shard=[0, 2]))
            await second.send_json(identify(token, shard=[1, 2]))
            for socket in (first, second):
                assert (await socket.receive_json())["op"] == 10
                assert (await socket.receive_json())["t"] == "READY"


async def test_a_dropped_socket_is_resumed_and_misses_nothing(start, run):
    async with start() as server, run(ping) as bot:
        server.faults.drop_sockets()
        asked = await server.ask("ping")  # sent into the dead socket: only the replay brings it
        assert asked.message.content == "pong"
        await until(lambda: bot.resumes == 1)
        assert (server.identify_count, server.records.resume_count) == (1, 1)
        assert (await server.ask("ping")).message.content == "pong"


async def test_a_silent_gateway_delivers_after_the_resume(start, run):
    async with start() as server, run(ping):
        server.faults.silence_gateway()
        asking = asyncio.create_task(server.ask("ping"))
        await asyncio.sleep(0.1)
        assert not asking.done()
        server.faults.clear()
        server.faults.drop_sockets()
        assert (await asking).message.content == "pong"


async def test_op_7_is_answered_with_a_resume(start, run):
    async with start() as server, run(ping) as bot:
        await server.faults.ask_to_reconnect()
        await until(lambda: bot.resumes == 1)
        assert server.identify_count == 1
        assert (await server.ask("ping")).message.content == "pong"


@pytest.mark.parametrize(("resumable", "identified"), [(True, 1), (False, 2)])
async def test_op_9_decides_between_resume_and_identify(start, run, resumable, identified):
    async with start() as server, run(ping) as bot:
        await server.faults.invalidate_sessions(resumable=resumable)
        await until(lambda: bot.resumes == 1 if resumable else server.identify_count == 2)
        assert (await server.ask("ping")).message.content == "pong"
        assert server.identify_count == identified


async def test_an_unknown_session_cannot_be_resumed(start, token):
    async with start(), raw_gateway() as socket:
        await socket.receive_json()
        data = {"token": token, "session_id": "gone", "seq": 1}
        await socket.send_json({"op": 6, "d": data})
        answer = await socket.receive_json()
        assert (answer["op"], answer["d"]) == (9, False)


async def test_shards_hear_of_their_own_guilds(start, run):
    world = World.example(guilds=4)
    async with start(world=world) as server:
        server.gateway.shards = 2
        async with run(ping) as bot:
            assert sorted(bot.shards) == [0, 1]
            assert {guild.id: guild.shard_id for guild in bot.guilds} == {
                guild_id: (guild_id >> 22) % 2 for guild_id in world.guilds
            }
            for guild in world.guilds.values():
                asked = await server.ask("ping", guild=guild)
                assert asked.message.content == "pong"
    assert server.identify_count == 2


async def test_a_limit_of_discord_s_own_is_waited_for(start, run):
    async with start() as server:
        server.faults.limit_next(2, retry_after=0.05, path_part="/commands")
        async with run(ping):
            pass
        statuses = [request.status for request in server.requests if "commands" in request.path]
    assert statuses == [429, 429, 200]


async def test_a_limit_of_the_wall_before_discord_is_an_error(start, run):
    async with start() as server:
        server.faults.limit_next(via=False, path_part="/commands")
        with pytest.raises(discord.HTTPException) as raised:
            async with run(ping):
                pass
    assert raised.value.status == 429


async def test_a_bad_gateway_is_retried_and_an_unavailable_service_is_not(start, run):
    async with start() as server:
        server.faults.fail_next(status=502, path_part="/commands")
        async with run(ping):
            assert server.sync_count == 1
    async with start() as server:
        server.faults.fail_next(status=503, path_part="/commands")
        with pytest.raises(discord.DiscordServerError):
            async with run(ping):
                pass


async def test_a_cut_connection_has_no_answer(start, run):
    async with start() as server:
        server.faults.cut_next(2, path_part="/commands")  # aiohttp repeats a PUT once by itself
        with pytest.raises(aiohttp.ClientConnectionError):
            async with run(ping):
                pass


async def test_what_hangs_is_answered_after_the_release(start, run):
    async with start() as server, run(ping) as bot:
        server.faults.hang()
        request = asyncio.create_task(bot.application_info())
        await asyncio.sleep(0.1)
        assert not request.done()
        server.faults.release()
        assert (await request).id == server.world.application_id


async def test_slow_answers_are_slow(start, run):
    async with start() as server, run(ping) as bot:
        server.faults.delay_seconds = 0.1
        started_at = asyncio.get_running_loop().time()
        await bot.application_info()
        assert asyncio.get_running_loop().time() - started_at >= 0.1


async def test_a_route_that_is_not_there_is_a_violation(start, run):
    async with start() as server, run(ping) as bot:
        with pytest.raises(discord.NotFound) as raised:
            await bot.fetch_user(5)
    assert raised.value.code == 0
    assert [(one.rule, one.route) for one in server.violations] == [
        ("unknown_route", "GET /users/5")
    ]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b'{"embeds": "x"}', b'{"embeds": [5]}', b'{"components": [[]]}']
)
async def test_a_body_of_no_sense_is_refused_not_stumbled_over(start, body):
    world = World.example()
    channel_id = next(iter(world.guilds.values())).channels[0].id
    async with start(world=world) as server, aiohttp.ClientSession() as session:
        url = f"{discord.http.Route.BASE}/channels/{channel_id}/messages"
        headers = {"Authorization": "Bot sandbox-token", "Content-Type": "application/json"}
        async with session.post(url, data=body, headers=headers) as answer:
            assert answer.status == 400
            assert (await answer.json())["code"] in {50035, 50109}
    assert len(server.violations) == 1


async def test_readiness_is_waited_for(start, run):
    async with start() as server:
        with pytest.raises(TimeoutError):
            await server.until_ready(0.05)
        async with run(ping):
            await server.until_ready(0)
        await until(lambda: not server.gateway.is_connected)
        with pytest.raises(TimeoutError):
            await server.until_ready(0.05)


async def test_guilds_and_channels_can_be_fetched(start, run):
    world = World.example()
    guild = next(iter(world.guilds.values()))
    async with start(world=world) as server, run(ping) as bot:
        assert (await bot.fetch_guild(guild.id, with_counts=False)).name == guild.name
        assert (await bot.fetch_channel(guild.channels[0].id)).name == "markets"
        with pytest.raises(discord.NotFound) as raised:
            await bot.fetch_channel(1)
        assert raised.value.code == 10003
    assert server.violations == []


async def test_a_nonce_keeps_a_post_from_being_there_twice(start, run):
    world = World.example()
    channel = next(iter(world.guilds.values())).channels[0]
    async with start(world=world) as server, run(ping) as bot:
        for _ in range(2):
            route = discord.http.Route(
                "POST", "/channels/{channel_id}/messages", channel_id=channel.id
            )
            body = {"content": "summary", "nonce": "week-31", "enforce_nonce": True}
            await bot.http.request(route, json=body)
        assert [one.content for one in server.channels.messages(channel.id)] == ["summary"]


async def test_posting_too_fast_is_limited_and_says_for_how_long(start, run):
    world = World.example()
    channel_id = next(iter(world.guilds.values())).channels[0].id
    async with start(world=world) as server, run(ping):
        url = f"{discord.http.Route.BASE}/channels/{channel_id}/messages"
        headers = {"Authorization": "Bot sandbox-token"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for number in range(5):
                async with session.post(url, json={"content": str(number)}) as answer:
                    assert answer.status == 200
                    assert answer.headers["Content-Type"] == "application/json"
                    assert answer.headers["X-RateLimit-Remaining"] == str(4 - number)
            async with session.post(url, json={"content": "one more"}) as answer:
                assert (answer.status, "Via" in answer.headers) == (429, True)
                assert 0 < (await answer.json())["retry_after"] <= 5
        assert len(server.channels.messages(channel_id)) == 5


async def test_commands_keep_their_id_and_change_their_version(start, run):
    async with start() as server, run(ping) as bot:
        first = (await bot.tree.fetch_commands())[0]
        await bot.tree.sync()
        assert server.commands.registered()[0]["id"] == str(first.id)
        version = server.commands.registered()[0]["version"]
        bot.tree.get_command("ping").description = "Answers at once"
        await bot.tree.sync()
        changed = server.commands.registered()[0]
        assert changed["id"] == str(first.id)
        assert int(changed["version"]) > int(version)
        assert server.sync_count == 3


async def test_a_guild_s_own_commands_are_asked_there(start, run):
    world = World.example(guilds=2)
    here, there = world.guilds.values()

    def only_here(tree: Tree) -> None:
        @tree.command(description="Only here", guild=discord.Object(here.id))
        async def local(interaction: discord.Interaction):
            await interaction.response.send_message("local")

    async with start(world=world) as server, run(only_here) as bot:
        await bot.tree.sync(guild=discord.Object(here.id))
        assert (await server.ask("local", guild=here)).message.content == "local"
        with pytest.raises(UnaskableError):
            await server.ask("local", guild=there)


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ({"name": "Market", "description": "d"}, "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "market"}, "BASE_TYPE_REQUIRED"),
        (
            {
                "name": "market",
                "description": "d",
                "options": [
                    {"type": 3, "name": "a", "description": "d"},
                    {"type": 3, "name": "b", "description": "d", "required": True},
                ],
            },
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
    ],
)
async def test_bad_definitions_are_refused_and_change_nothing(start, run, command, rule):
    async with start() as server, run(ping) as bot:
        with pytest.raises(discord.HTTPException) as raised:
            await bot.http.bulk_upsert_global_commands(bot.application_id, [command])
        assert (raised.value.status, raised.value.code) == (400, 50035)
        assert [one.rule for one in server.violations] == [rule]
        assert [one["name"] for one in server.commands.registered()] == ["ping"]
