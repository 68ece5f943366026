-- Three sessions of 40 messages, all of the same second, 6 MB of text: more than one batch holds.
CREATE TABLE sessions (id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT NOT NULL, message_count INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL, parts TEXT NOT NULL DEFAULT '[]', model TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2)
INSERT INTO sessions SELECT 's-' || i, NULL, 'Long', 40, 1767600000, 1767600000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 119)
INSERT INTO messages SELECT 'm-' || (119 - i), 's-' || (i % 3), 'user', json_array(json_object('type', 'text', 'data', json_object('text', replace(printf('%.50000c', '-'), '-', 'a ')))), '', 1767600000, 1767600000 FROM n;
