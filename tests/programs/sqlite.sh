# sqlite3 on a database generated here: inserts, indices, joins, aggregates, transactions, integrity.
# timeout: 280
cat >script.sql <<'END'
create table customer(id integer primary key, name text, city text);
create table sale(id integer primary key, customer integer, amount real, day text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
  insert into customer select i, printf('name%04d', i * 7919 % 500), char(65 + i % 26) from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 8000)
  insert into sale select i, 1 + i * 31 % 500, round(i * 1.7 % 1000, 2), date('2020-01-01', '+' || (i % 700) || ' days') from n;
create index by_customer on sale(customer);
select city, count(*), round(sum(amount), 2), max(day) from sale join customer on customer.id = sale.customer group by city order by 3 desc limit 10;
begin; delete from sale where amount < 500; select count(*) from sale; rollback; select count(*) from sale;
update customer set name = upper(name) where id in (select customer from sale group by customer having count(*) > 15);
select name from customer where name glob 'NAME*' order by name limit 5;
select avg(amount), sum(amount * amount), group_concat(distinct city) from sale join customer on customer.id = customer order by 1;
select typeof(1.0), 'é' like 'É', json_extract('{"a":[1,2]}', '$.a[1]'), strftime('%j', '2024-12-31');
explain query plan select * from sale where customer = 5;
pragma integrity_check; vacuum; select nosuchcolumn from sale;
END
sqlite3 sales.db <script.sql
echo $?
sqlite3 -csv sales.db 'select * from customer limit 3' ; sqlite3 sales.db .dump | md5sum
