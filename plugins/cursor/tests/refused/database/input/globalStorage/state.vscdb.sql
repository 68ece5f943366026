CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
INSERT INTO ItemTable VALUES ('workbench.view.extensions', '{}');
INSERT INTO ItemTable VALUES ('github.copilot-chat', '{}');
