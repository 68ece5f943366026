"""Lists and calls everything that a server of Lore has, with the official client.

client.py LORE SESSION: the built program, and the id of a session whose repository is the current
directory; its last commit is the session's, and holds `kettle.rs`.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

LORE, SESSION = sys.argv[1:]

CALLS = {
    "lore_search": {"query": "kettle"},
    "lore_get_session": {"session_id": SESSION[:8]},
    "lore_list_sessions": {},
    "lore_get_context": {"last": True},
    "lore_get_linked_sessions": {"commit_sha": "HEAD"},
    "lore_get_memories": {},
    "lore_search_memories": {"query": "kettle"},
    "lore_why": {"file": "kettle.rs", "line": 1},
    "lore_file_history": {"file": "kettle.rs"},
}

PROMPTS = {"continue": {}, "why": {"file": "kettle.rs", "lines": "1"}}


def field(value, *names):
    """A member, whichever way this version of the client spells it."""
    for name in names:
        if hasattr(value, name):
            return getattr(value, name)
    raise AttributeError(f"{value!r} has none of {names}")


async def main():
    server = StdioServerParameters(command=LORE, args=["mcp", "serve"], env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        greeting = await session.initialize()
        assert field(greeting, "server_info", "serverInfo").name == "lore", greeting

        tools = (await session.list_tools()).tools
        assert sorted(tool.name for tool in tools) == sorted(CALLS), tools
        for name, arguments in CALLS.items():
            # The client checks the answer against the tool's schema.
            answer = await session.call_tool(name, arguments)
            assert not field(answer, "is_error", "isError"), (name, answer)
            structure = field(answer, "structured_content", "structuredContent")
            assert structure["_lore_answer"] == name, structure
            assert json.loads(answer.content[0].text) == structure, name
            print(name, len(answer.content[0].text))
        refused = await session.call_tool("lore_get_session", {"session_id": "00000000"})
        assert field(refused, "is_error", "isError"), refused

        resources = (await session.list_resources()).resources
        assert len(resources) == 1, resources
        templates = await session.list_resource_templates()
        assert len(field(templates, "resource_templates", "resourceTemplates")) == 1, templates
        contents = (await session.read_resource(resources[0].uri)).contents
        assert "kettle" in contents[0].text, contents

        prompts = (await session.list_prompts()).prompts
        assert sorted(prompt.name for prompt in prompts) == sorted(PROMPTS), prompts
        for name, arguments in PROMPTS.items():
            prompt = await session.get_prompt(name, arguments)
            assert SESSION in prompt.messages[0].content.text, prompt
    print(f"{len(tools)} tools, {len(resources)} resource, {len(prompts)} prompts")


asyncio.run(main())
