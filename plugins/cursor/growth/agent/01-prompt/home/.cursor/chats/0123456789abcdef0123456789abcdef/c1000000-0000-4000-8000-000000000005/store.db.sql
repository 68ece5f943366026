CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB);
INSERT INTO meta VALUES ('0', lower(hex('{"agentId":"c1000000-0000-4000-8000-000000000005","name":"New Agent","createdAt":1767600000000,"lastUsedModel":"gpt-5","latestRootBlobId":""}')));
INSERT INTO blobs VALUES ('m1', CAST('{"role":"user","content":[{"type":"text","text":"<user_query>Sort the list.</user_query>"}]}' AS BLOB));
