INSERT INTO message VALUES ('msg_2', 'ses_tree', 1767600010000, 1767600010000, '{"role":"assistant","parentID":"msg_1","modelID":"model-1","time":{"created":1767600010000}}');
INSERT INTO part VALUES ('prt_2', 'msg_2', 'ses_tree', 1767600010000, 1767600010000, '{"type":"text","text":"In the options of the client."}');
