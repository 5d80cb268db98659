CREATE TABLE item (id INTEGER PRIMARY KEY, kind INTEGER, name TEXT);
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < COUNT)
INSERT INTO item SELECT n, n * 7919 % 997, printf('item %d', n * 31 % 10007) FROM numbers;
CREATE INDEX item_name ON item (name);
SELECT kind, count(*), min(name), sum(id) FROM item GROUP BY kind ORDER BY 2 DESC, 1 LIMIT 5;
SELECT count(*) FROM item a JOIN item b ON b.id = a.kind WHERE b.name LIKE '%3%';
SELECT length(group_concat(name, ',')) FROM (SELECT DISTINCT name FROM item ORDER BY name);
