DELETE FROM part WHERE message_id = 'msg_2';
DELETE FROM message WHERE id = 'msg_2';
INSERT INTO message VALUES ('msg_3', 'ses_db', 1767600004000, 1767600004000, '{"role":"user","time":{"created":1767600004000}}');
INSERT INTO part VALUES ('prt_3', 'msg_3', 'ses_db', 1767600004000, 1767600004000, '{"type":"text","text":"Sort them by length."}');
UPDATE session SET title = 'Sort the imports', time_updated = 1767600004000 WHERE id = 'ses_db';
INSERT INTO message VALUES ('msg_4', 'ses_db', 1767600005000, 1767600005000, '{"role":"assistant","parentID":"msg_3","modelID":"model-1","time":{"created":1767600005000}}');
INSERT INTO part VALUES ('prt_4', 'msg_4', 'ses_db', 1767600005000, 1767600005000, '{"type":"text","text":"I sort them by length."}');
