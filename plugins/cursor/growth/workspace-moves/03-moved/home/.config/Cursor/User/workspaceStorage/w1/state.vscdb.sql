INSERT INTO ItemTable VALUES ('composer.composerData', '{"allComposers":[{"composerId":"c1000000-0000-4000-8000-000000000004","name":"Add a page","createdAt":1731784818255}]}');
