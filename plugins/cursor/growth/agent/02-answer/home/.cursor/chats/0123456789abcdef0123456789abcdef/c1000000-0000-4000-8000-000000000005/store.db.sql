INSERT INTO blobs VALUES ('m2', CAST('{"role":"assistant","content":[{"type":"tool-call","toolCallId":"t1","toolName":"Shell","args":{"command":"sort list"}}]}' AS BLOB));
INSERT INTO blobs VALUES ('m3', CAST('{"role":"tool","content":[{"type":"tool-result","toolCallId":"t1","toolName":"Shell","result":"Exit code: 0\n\napple"}]}' AS BLOB));
UPDATE meta SET value = lower(hex('{"agentId":"c1000000-0000-4000-8000-000000000005","name":"Sorting","createdAt":1767600000000,"lastUsedModel":"gpt-5","latestRootBlobId":""}'));
