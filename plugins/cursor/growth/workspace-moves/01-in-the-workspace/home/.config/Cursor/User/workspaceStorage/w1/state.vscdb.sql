CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
INSERT INTO ItemTable VALUES ('composer.composerData', '{"allComposers":[{"composerId":"c1000000-0000-4000-8000-000000000004","name":"Add a page","createdAt":1731784818255,"conversation":[{"type":1,"bubbleId":"p1","text":"Add a page."}]}]}');
