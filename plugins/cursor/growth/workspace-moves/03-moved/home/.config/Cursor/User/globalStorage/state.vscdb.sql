CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
INSERT INTO cursorDiskKV VALUES ('composerData:c1000000-0000-4000-8000-000000000004', '{"composerId":"c1000000-0000-4000-8000-000000000004","name":"Add a page","createdAt":1731784818255,"fullConversationHeadersOnly":[{"bubbleId":"p1","type":1},{"bubbleId":"p2","type":2},{"bubbleId":"p3","type":1}]}');
INSERT INTO cursorDiskKV VALUES ('bubbleId:c1000000-0000-4000-8000-000000000004:p1', '{"type":1,"bubbleId":"p1","text":"Add a page."}');
INSERT INTO cursorDiskKV VALUES ('bubbleId:c1000000-0000-4000-8000-000000000004:p2', '{"type":2,"bubbleId":"p2","text":"Here it is."}');
INSERT INTO cursorDiskKV VALUES ('bubbleId:c1000000-0000-4000-8000-000000000004:p3', '{"type":1,"bubbleId":"p3","text":"And another one."}');
