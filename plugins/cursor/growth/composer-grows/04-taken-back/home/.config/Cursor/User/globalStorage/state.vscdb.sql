INSERT INTO cursorDiskKV VALUES ('composerData:c1000000-0000-4000-8000-000000000001', '{"composerId":"c1000000-0000-4000-8000-000000000001","name":"Sorting","createdAt":1767600000000,"fullConversationHeadersOnly":[{"bubbleId":"b1","type":1},{"bubbleId":"b4","type":2}]}');
DELETE FROM cursorDiskKV WHERE key IN ('bubbleId:c1000000-0000-4000-8000-000000000001:b2', 'bubbleId:c1000000-0000-4000-8000-000000000001:b3');
INSERT INTO cursorDiskKV VALUES ('bubbleId:c1000000-0000-4000-8000-000000000001:b4', '{"type":2,"text":"Said anew.","createdAt":"2026-01-05T08:01:00.000Z"}');
