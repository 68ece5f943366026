-- Three sessions of 40 messages, 6 MB of text: more than one batch holds.
CREATE TABLE session (id TEXT PRIMARY KEY, parent_id TEXT, directory TEXT, title TEXT, version TEXT, time_created INTEGER, time_updated INTEGER);
CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT NOT NULL, session_id TEXT NOT NULL, time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, data TEXT NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2)
INSERT INTO session SELECT 'ses_' || i, NULL, '/tmp/demo', 'Long', '1.3.0', 1767600000000, 1767600000000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 119)
INSERT INTO message SELECT 'msg_' || i, 'ses_' || (i % 3), 1767600000000 + i, 1767600000000, '{"role":"user"}' FROM n;
-- One message has more parts than are read at once, one part is larger than those read together.
INSERT INTO part SELECT 'prt_' || id, id, session_id, time_created, time_created, json_object('type', 'text', 'text', replace(printf('%.50000c', '-'), '-', 'a ')) FROM message WHERE id <> 'msg_7';
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
INSERT INTO part SELECT printf('prt_%02d', i), 'msg_7', 'ses_1', 1767600000000, 1767600000000, json_object('type', 'text', 'text', 'part ' || i) FROM n;
UPDATE part SET data = json_object('type', 'text', 'text', replace(printf('%.1200000c', '-'), '-', 'b ')) WHERE id = 'prt_20';
