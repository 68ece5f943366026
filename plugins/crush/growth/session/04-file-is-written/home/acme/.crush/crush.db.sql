INSERT INTO files VALUES ('v0', 's-1', '/home/sam/settings.toml', 'level = 1' || char(10), 0, 1767600003, 1767600003);
INSERT INTO files VALUES ('v1', 's-1', '/home/sam/settings.toml', 'level = 2' || char(10), 1, 1767600003, 1767600003);
INSERT INTO messages (id, session_id, role, parts, model, created_at, updated_at, provider, is_summary_message) VALUES ('m-3', 's-1', 'tool', '[{"type": "tool_result", "data": {"tool_call_id": "call_1", "name": "write", "content": "File written", "data": "", "mime_type": "", "metadata": "", "is_error": false}}]', '', 1767600003, 1767600003, NULL, 0);
UPDATE sessions SET title = 'Raise the level', updated_at = 1767600003 WHERE id = 's-1';
