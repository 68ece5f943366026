-- Three sessions of 40 messages, each twice with the same words, 6 MB of text: more than one batch
-- holds.
CREATE TABLE sessions (id TEXT PRIMARY KEY, description TEXT NOT NULL DEFAULT '', working_dir TEXT NOT NULL, updated_at TIMESTAMP);
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, role TEXT NOT NULL, content_json TEXT NOT NULL, created_timestamp INTEGER NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2)
INSERT INTO sessions SELECT '20260105_' || i, 'Long', '/tmp/demo', '2026-01-05 08:00:00' FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 119)
INSERT INTO messages (session_id, role, content_json, created_timestamp) SELECT '20260105_' || (i % 3), 'user', json_array(json_object('type', 'text', 'text', (i / 6) || replace(printf('%.50000c', '-'), '-', 'a '))), 1767600000 FROM n;
