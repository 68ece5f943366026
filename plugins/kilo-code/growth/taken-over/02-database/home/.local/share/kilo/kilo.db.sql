PRAGMA journal_mode = WAL;
CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL, directory text NOT NULL, title text NOT NULL, version text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
INSERT INTO session VALUES ('ses_tree', '4f1e', NULL, '', '/home/sam/acme', 'Timeout of the client', '1.0.107', 1767600000000, 1767600000000);
INSERT INTO message VALUES ('msg_1', 'ses_tree', 1767600001000, 1767600009000, '{"role":"user","time":{"created":1767600001000}}');
INSERT INTO part VALUES ('prt_1', 'msg_1', 'ses_tree', 1767600009000, 1767600009000, '{"type":"text","text":"Where is the timeout set?"}');
