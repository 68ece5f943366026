CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
INSERT INTO cursorDiskKV VALUES ('composerData:c1000000-0000-4000-8000-000000000001', '{"composerId":"c1000000-0000-4000-8000-000000000001","createdAt":1767600000000,"fullConversationHeadersOnly":[{"bubbleId":"b1","type":1}]}');
INSERT INTO cursorDiskKV VALUES ('bubbleId:c1000000-0000-4000-8000-000000000001:b1', '{"type":1,"text":"Sort the list.","createdAt":"2026-01-05T08:00:00.000Z"}');
INSERT INTO cursorDiskKV VALUES ('composerData:c1000000-0000-4000-8000-000000000002', '{"composerId":"c1000000-0000-4000-8000-000000000002","fullConversationHeadersOnly":[{"bubbleId":"r1","type":1}]}');
INSERT INTO cursorDiskKV VALUES ('bubbleId:c1000000-0000-4000-8000-000000000002:r1', '{"type":1,"text":"What is a kite?","createdAt":"2026-01-05T07:00:00.000Z"}');
