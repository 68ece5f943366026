DELETE FROM messages WHERE session_id = '20260105_1';
INSERT INTO messages (session_id, role, content_json, created_timestamp, timestamp, metadata_json) VALUES ('20260105_1', 'user', '[{"type": "text", "text": "Raise the log level."}]', 1767600000, '2026-01-05 08:00:00', '{"userVisible":true,"agentVisible":true}');
INSERT INTO messages (session_id, role, content_json, created_timestamp, timestamp, metadata_json) VALUES ('20260105_1', 'user', '[{"type": "text", "text": "To three."}]', 1767600009, '2026-01-05 08:00:00', '{"userVisible":true,"agentVisible":true}');
UPDATE sessions SET updated_at = '2026-01-05 08:00:09' WHERE id = '20260105_1';
