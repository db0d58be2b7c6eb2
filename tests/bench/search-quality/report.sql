-- report.sql - how good each way was at each kind of question
SELECT way, coalesce(kind, 'all') AS kind, count(*) AS questions,
       round(avg(coalesce(1.0 / rank, 0))::numeric, 3) AS "MRR",
       round(avg((rank IS NOT NULL)::integer)::numeric, 3) AS "recall@10",
       round(avg((rank IS NOT DISTINCT FROM 1)::integer)::numeric, 3) AS first,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 1) AS "p50 ms",
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY ms)::numeric, 1) AS "p95 ms"
  FROM quality.result JOIN quality.question USING (number)
 GROUP BY way, ROLLUP (kind)
 ORDER BY array_position(array['plain', 'lanes', 'tool'], way), array_position(array['symbol', 'phrase', 'behaviour'], kind);
