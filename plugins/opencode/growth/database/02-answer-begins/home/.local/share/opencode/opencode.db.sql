INSERT INTO message VALUES ('msg_2', 'ses_db', 1767600002000, 1767600002000, '{"role":"assistant","parentID":"msg_1","modelID":"model-1","time":{"created":1767600002000}}');
INSERT INTO part VALUES ('prt_2', 'msg_2', 'ses_db', 1767600002000, 1767600002000, '{"type":"text","text":"I sort"}');
INSERT INTO session VALUES ('ses_child', '4f1e', 'ses_db', '', '/home/sam/acme', 'Look around', '1.3.0', 1767600002100, 1767600002100);
INSERT INTO message VALUES ('msg_c', 'ses_child', 1767600002100, 1767600002100, '{"role":"user","time":{"created":1767600002100}}');
INSERT INTO part VALUES ('prt_c', 'msg_c', 'ses_child', 1767600002100, 1767600002100, '{"type":"text","text":"List the imports."}');
