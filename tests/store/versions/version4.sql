PRAGMA application_id = 1668440439;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE callbacks (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO "callbacks" VALUES(0,'parse');
CREATE TABLE failures (
    id INTEGER PRIMARY KEY,
    request INTEGER NOT NULL,
    place TEXT NOT NULL,            -- the stage or callback that failed
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    traceback TEXT NOT NULL,
    name TEXT NOT NULL,             -- of the item; '' when the page itself failed
    item BLOB                       -- as JSON, as it came to the stage
);
CREATE TABLE hosts (id INTEGER PRIMARY KEY, origin TEXT NOT NULL);
INSERT INTO "hosts" VALUES(1,'https://a.test');
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice, also when the last one was deleted
    request INTEGER NOT NULL,
    name TEXT NOT NULL,
    is_dict INTEGER NOT NULL,               -- 0 when it is an object of a class that is no dict
    json BLOB NOT NULL,
    line TEXT NOT NULL              -- of stages that it came through; '' where there are not several
);
INSERT INTO "items" VALUES(1,2,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F30222C226E223A307D','');
INSERT INTO "items" VALUES(2,3,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F31222C226E223A317D','');
INSERT INTO "items" VALUES(3,4,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F32222C226E223A327D','');
INSERT INTO "items" VALUES(4,5,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F33222C226E223A337D','');
INSERT INTO "items" VALUES(5,6,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F34222C226E223A347D','');
INSERT INTO "items" VALUES(6,7,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F35222C226E223A357D','');
INSERT INTO "items" VALUES(7,8,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F36222C226E223A367D','');
INSERT INTO "items" VALUES(8,9,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F37222C226E223A377D','');
INSERT INTO "items" VALUES(9,10,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F38222C226E223A387D','');
INSERT INTO "items" VALUES(10,11,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F39222C226E223A397D','');
INSERT INTO "items" VALUES(11,12,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F3130222C226E223A31307D','');
INSERT INTO "items" VALUES(12,13,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F3131222C226E223A31317D','');
INSERT INTO "items" VALUES(13,14,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F3132222C226E223A31327D','');
INSERT INTO "items" VALUES(14,15,'Number',0,X'7B2275726C223A2268747470733A2F2F612E746573742F3133222C226E223A31337D','');
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('began','2026-11-23 07:23:11');
INSERT INTO "meta" VALUES('crawl','{"spider class": "Numbers"}');
INSERT INTO "meta" VALUES('ended','');
INSERT INTO "meta" VALUES('name','crawl');
INSERT INTO "meta" VALUES('opened','1');
INSERT INTO "meta" VALUES('secret','0c6947b843c1dba0aaef60daa4ac28e8');
CREATE TABLE requests (
    id INTEGER PRIMARY KEY,         -- in the order in which they were found
    hash BLOB NOT NULL,             -- of what makes it the same as another; 8 bytes
    host INTEGER NOT NULL,
    callback INTEGER NOT NULL,
    url TEXT NOT NULL,
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    parent INTEGER,                 -- the request on whose page it was found first
    more BLOB,                      -- method, headers, body, data and so on, where there are any
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL,                       -- when it is tried again, in seconds since 1970
    reason TEXT,
    detail TEXT,                    -- the status of an answer, or the words of an error
    page INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "requests" VALUES(1,X'30E770BAB3C3EB07',1,0,'https://a.test/',0,0,NULL,NULL,'done',1,NULL,'ok',NULL,1,470);
INSERT INTO "requests" VALUES(2,X'DF4643A3F068C138',1,0,'https://a.test/0',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(3,X'5519AB99AE3FFC6D',1,0,'https://a.test/1',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(4,X'92EBF076A3EDCD67',1,0,'https://a.test/2',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(5,X'38F1BAEE04052E62',1,0,'https://a.test/3',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(6,X'BB9AF0E8385D5028',1,0,'https://a.test/4',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(7,X'76D9B168CA33B98A',1,0,'https://a.test/5',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(8,X'F30B4DABFD8BA662',1,0,'https://a.test/6',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(9,X'BE9C6BDBE4E8D66F',1,0,'https://a.test/7',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(10,X'6D668E4864AEEFE4',1,0,'https://a.test/8',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(11,X'9F959B75282FF82B',1,0,'https://a.test/9',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(12,X'0601E06D640E711F',1,0,'https://a.test/10',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(13,X'D150ACF6393437BE',1,0,'https://a.test/11',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(14,X'A873FF75A036B73C',1,0,'https://a.test/12',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(15,X'F02A942B92588B65',1,0,'https://a.test/13',0,1,1,NULL,'done',1,NULL,'ok',NULL,1,0);
INSERT INTO "requests" VALUES(16,X'FB9D9EAD3904B101',1,0,'https://a.test/14',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(17,X'96B5DBB3F4BD23EA',1,0,'https://a.test/15',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(18,X'7D6EEC5642B8DAF3',1,0,'https://a.test/16',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(19,X'FD4EBA6DA0CEE842',1,0,'https://a.test/17',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(20,X'9D475B400BC74BC3',1,0,'https://a.test/18',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(21,X'E9D7EB187FA137F9',1,0,'https://a.test/19',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(22,X'66C764EDC5AABA5F',1,0,'https://a.test/20',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(23,X'2F853036DFD5D9E5',1,0,'https://a.test/21',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(24,X'6691B827DA0FE192',1,0,'https://a.test/22',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(25,X'A44CCE133B9C815B',1,0,'https://a.test/23',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(26,X'38925B794A3AD93A',1,0,'https://a.test/24',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(27,X'05205F7BAA449E47',1,0,'https://a.test/25',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(28,X'CE7C3B8C48F3BD9C',1,0,'https://a.test/26',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(29,X'E97FA361825145D3',1,0,'https://a.test/27',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(30,X'36BED2FDA14DC1DE',1,0,'https://a.test/28',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(31,X'B0E61E963CB2017B',1,0,'https://a.test/29',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(32,X'AED4EE6A4C80C1BD',1,0,'https://a.test/30',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(33,X'1BD4BDD3DF172C31',1,0,'https://a.test/31',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(34,X'67DF906570454D37',1,0,'https://a.test/32',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(35,X'8A7FBBEAC2B32037',1,0,'https://a.test/33',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(36,X'7C0B4176456D4638',1,0,'https://a.test/34',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(37,X'F3804EEAD684B001',1,0,'https://a.test/35',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(38,X'2A4FC69703BB109F',1,0,'https://a.test/36',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(39,X'3949B2F80C8BBCC0',1,0,'https://a.test/37',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(40,X'A46672E57E26AE39',1,0,'https://a.test/38',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
INSERT INTO "requests" VALUES(41,X'AC89044EC008128E',1,0,'https://a.test/39',0,1,1,NULL,'waiting',0,NULL,NULL,NULL,0,0);
CREATE TABLE sinks (name TEXT PRIMARY KEY, item INTEGER NOT NULL, place TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "sinks" VALUES('',9,'null');
CREATE INDEX waiting ON requests (host, priority DESC, id) WHERE state = 'waiting' AND due IS NULL;
CREATE INDEX delayed ON requests (due) WHERE due IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('items',14);
COMMIT;
