-- codesearch: what callers write, made safe and understood.

-- ---- intent ----

-- What a query is for: implement, debug, understand, refactor, test or document.
-- Whole words count 3 (strong) or 1.5 (moderate), turns of phrase 2.5; below 2
-- nothing is known and "understand" is meant.
CREATE OR REPLACE FUNCTION codesearch.classify(query text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce((
		SELECT intent FROM (VALUES
			(1, 'implement', '{implement,implementing,create,creating,add,adding,build,building,write,writing,feature}'::text[],
			    '{new,setup,start,scaffold,integrate}'::text[], 'how (to|do i|can i) (build|add|make|create|write|implement)|need to (add|build|create)'),
			(2, 'debug', '{debug,debugging,fix,fixing,error,errors,bug,bugs,crash,crashes,exception,exceptions,fail,fails,failed,failing,segfault,leak}',
			    '{wrong,broken,investigate,hang,hangs,timeout,stuck}', 'why (does|is|do|are) .*(fail|crash|hang|break|wrong)|(error|exception|traceback|failed|panic):'),
			(3, 'understand', '{understand,understanding,explain,learn,why,overview}',
			    '{purpose,meaning,flow,architecture,works,work,internals}', '^(how (does|do|is|are)|what (does|is|are)|where (is|are|does)|who calls|when (is|does))\M|purpose of'),
			(4, 'refactor', '{refactor,refactoring,improve,improving,optimize,optimise,clean,cleanup,restructure,rewrite}',
			    '{simplify,reduce,faster,speed,duplicate,performance}', 'make .* (faster|simpler|smaller)|best way to'),
			(5, 'test', '{test,tests,testing,coverage,mock,mocks,assert,fixture,unittest}',
			    '{verify,validate,check,expect}', 'tests? (for|of)|(unit|integration) tests?'),
			(6, 'document', '{document,documents,documentation,docstring,comment,comments,readme,manual,changelog}',
			    '{describe,annotate,docs,usage}', '(add|write|update|read) (the )?docs')
		  ) AS i (place, intent, strong, moderate, pattern)
		 CROSS JOIN LATERAL (
			SELECT 3 * count(*) FILTER (WHERE w = ANY (strong)) + 1.5 * count(*) FILTER (WHERE w = ANY (moderate))
				+ CASE WHEN lower(query) ~ pattern THEN 2.5 ELSE 0 END
			  FROM regexp_split_to_table(lower(query), '[^a-z]+') w) AS s (score)
		 WHERE score >= 2 ORDER BY score DESC, place LIMIT 1), 'understand')
$$;

-- ---- exact terms ----

-- What must stand in every hit because of how it is written: text in quotes,
-- numbers of two or more digits or with dots, names before an opening parenthesis.
CREATE OR REPLACE FUNCTION codesearch.exact_terms_of(query text)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(array_agg(DISTINCT btrim(term)), '{}') FROM (
		SELECT m[1] FROM regexp_matches(query, '"([^"]+)"', 'g') m
		UNION ALL SELECT m[2] FROM regexp_matches(query, '(^|\s)''([^'']+)''(?=$|[\s.,;:!?])', 'g') m
		UNION ALL SELECT m[1] FROM regexp_matches(query, '(?<![\w.])(\d{2,}|\d+(?:\.\d+)+)(?![\w.])', 'g') m
		UNION ALL SELECT m[1] FROM regexp_matches(query, '([[:alpha:]_]\w*)\(', 'g') m
	) AS found (term) WHERE btrim(term) <> ''
$$;

-- ---- arguments ----

-- Languages that files may have; a filter may also say them in another way.
CREATE OR REPLACE FUNCTION codesearch.language_named(name text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	WITH known AS (SELECT * FROM unnest('{python,javascript,typescript,java,csharp,cpp,c,go,rust,ruby,php,swift,kotlin,
		scala,r,matlab,perl,lua,dart,elixir,clojure,haskell,ocaml,fsharp,vb,powershell,shell,sql,html,css,xml,json,yaml,
		toml,markdown,text,rst,asciidoc,roff,ini,makefile,automake,m4,cmake,dockerfile,erlang,groovy,lex,lisp,tcl,awk,
		assembly,protobuf,graphql,terraform,vue}'::text[]) WITH ORDINALITY AS k (language, place))
	SELECT coalesce(
		(SELECT language FROM known WHERE language = lower(btrim(name))),
		(SELECT long FROM (VALUES ('py', 'python'), ('js', 'javascript'), ('jsx', 'javascript'), ('ts', 'typescript'),
			('tsx', 'typescript'), ('c#', 'csharp'), ('cs', 'csharp'), ('c++', 'cpp'), ('cxx', 'cpp'), ('golang', 'go'),
			('rs', 'rust'), ('rb', 'ruby'), ('kt', 'kotlin'), ('pl', 'perl'), ('bash', 'shell'), ('sh', 'shell'),
			('zsh', 'shell'), ('md', 'markdown'), ('yml', 'yaml'), ('man', 'roff'), ('make', 'makefile'),
			('docker', 'dockerfile'), ('plpgsql', 'sql')) AS alias (short, long) WHERE short = lower(btrim(name))),
		(SELECT language FROM known WHERE length(btrim(name)) >= 3 AND left(language, 3) = left(lower(btrim(name)), 3)
		  ORDER BY place LIMIT 1))
$$;

DROP TYPE IF EXISTS codesearch.request CASCADE;
CREATE TYPE codesearch.request AS (
	query         text,
	intent        text,
	language      text,
	repository    text,
	max_results   integer,
	skip          integer,
	orderby       text,
	exact_terms   text[],
	exact_given   boolean,	-- by the caller; otherwise found in the query
	detail_level  text,
	snippet_lines integer,
	basic         boolean,
	model         text,	-- that has made ...
	vector        real[],	-- ... the embedding of the query; null: there is none
	warnings      text[],
	error         text	-- the request cannot be answered
);

-- The arguments that the search tools share.  embedding: {"model", "vector"} of the query, or
-- {"error"} (docs/tools.md, "Bound arguments").  What can be mended is mended with
-- a warning; only a query that says nothing or too much is an error.
CREATE OR REPLACE FUNCTION codesearch.read_request(query text, intent text, language text, repository text,
	max_results integer, skip integer DEFAULT 0, orderby text DEFAULT NULL, exact_terms text[] DEFAULT NULL,
	detail_level text DEFAULT 'full', snippet_lines integer DEFAULT 0, basic boolean DEFAULT false, embedding jsonb DEFAULT NULL)
RETURNS codesearch.request LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = codesearch, pg_temp AS $$
DECLARE
	r codesearch.request;
BEGIN
	r.warnings := '{}';
	r.query := btrim(coalesce(query, ''), E' \t\r\n');
	IF r.query = '' THEN
		r.error := 'query is empty';
	ELSIF length(r.query) > 400 THEN
		r.error := 'query is longer than 400 characters';
	ELSIF cardinality(regexp_split_to_array(r.query, '\s+')) > 50 THEN
		r.error := 'query has more than 50 words';
	END IF;
	r.intent := nullif(left(lower(btrim(coalesce(intent, ''))), 100), '');
	IF r.intent <> ALL ('{implement,debug,understand,refactor,test,document}') THEN
		r.warnings := r.warnings || format('intent %L is not known; one was derived from the query', r.intent);
		r.intent := NULL;
	END IF;
	r.intent := coalesce(r.intent, codesearch.classify(r.query));
	IF btrim(coalesce(language, '')) <> '' THEN
		r.language := codesearch.language_named(language);
		IF r.language IS NULL THEN
			r.warnings := r.warnings || format('language %L is not known; it was left out', left(language, 40));
		ELSIF r.language <> lower(btrim(language)) THEN
			r.warnings := r.warnings || format('language %L was taken as %s', left(language, 40), r.language);
		END IF;
	END IF;
	r.repository := nullif(left(regexp_replace(coalesce(repository, ''), '[^A-Za-z0-9_./-]', '', 'g'), 200), '');
	r.max_results := least(greatest(coalesce(max_results, 10), 1), 20);
	IF r.max_results <> max_results THEN
		r.warnings := r.warnings || format('max_results was set to %s', r.max_results);
	END IF;
	r.skip := CASE WHEN skip BETWEEN 0 AND 1000 THEN skip ELSE 0 END;
	IF r.skip <> skip THEN
		r.warnings := r.warnings || 'skip must be 0 to 1000; 0 was taken'::text;
	END IF;
	r.orderby := coalesce(nullif(lower(btrim(orderby)), ''), 'relevance');
	IF r.orderby <> ALL ('{relevance,date,path,language}') THEN
		r.warnings := r.warnings || format('orderby %L is not known; results are ordered by relevance', left(orderby, 40));
		r.orderby := 'relevance';
	END IF;
	r.exact_given := exact_terms IS NOT NULL;
	SELECT coalesce(array_agg(t ORDER BY o), '{}') INTO r.exact_terms
	  FROM (SELECT btrim(t), o FROM unnest(coalesce(exact_terms, codesearch.exact_terms_of(r.query))) WITH ORDINALITY AS e (t, o)) AS e (t, o)
	 WHERE length(t) BETWEEN 1 AND 100
	   AND numnode(plainto_tsquery('codesearch.words', codesearch.parts(codesearch.plain(t)))) > 0;
	IF r.exact_given AND cardinality(r.exact_terms) < cardinality(exact_terms) THEN
		r.warnings := r.warnings || 'exact_terms without a word or longer than 100 characters were left out'::text;
	END IF;
	r.detail_level := coalesce(nullif(lower(btrim(detail_level)), ''), 'full');
	IF r.detail_level <> ALL ('{full,compact,ultra}') THEN
		r.warnings := r.warnings || format('detail_level %L is not known; full was taken', left(detail_level, 40));
		r.detail_level := 'full';
	END IF;
	r.snippet_lines := least(greatest(coalesce(snippet_lines, 0), 0), 100);
	r.basic := coalesce(basic, false);
	IF embedding ? 'error' THEN
		r.warnings := r.warnings || format('ranked by words and names only: %s', left(embedding ->> 'error', 200));
	ELSIF embedding IS NOT NULL THEN
		r.model := embedding ->> 'model';
		r.vector := ARRAY(SELECT jsonb_array_elements_text(embedding -> 'vector')::real);
	END IF;
	RETURN r;
END
$$;

-- ---- rewriting ----

-- Other ways to ask the same, best first, with the rules that made them.
CREATE OR REPLACE FUNCTION codesearch.rewrite(query text, intent text, language text)
RETURNS TABLE (variant text, rule text) LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = codesearch, pg_temp AS $$
	WITH w AS (
		SELECT array_agg(t ORDER BY o) AS words, count(*)::integer AS n
		  FROM regexp_split_to_table(btrim(query), '\s+') WITH ORDINALITY AS x (t, o)
	), statement AS (
		SELECT btrim(regexp_replace(regexp_replace(lower(btrim(query)), '[?!.]+$', ''),
			'^((how|where|what|why|when|which|who)\s+)?((do|does|did|can|could|is|are|was|to|should)\s+)?((i|we|you|it|the|a|an)\s+)*', '')) AS said
	), made AS (
		SELECT btrim(query) AS variant, 'original' AS rule, 10.0 AS worth
		UNION ALL
		SELECT said, 'question to statement', 6 FROM statement WHERE said <> lower(btrim(query)) AND said LIKE '% %'
		UNION ALL
		SELECT array_to_string(words[:i - 1] || words[i + 1] || words[i] || words[i + 2:], ' '), 'neighbours swapped', 1
		  FROM w, generate_series(1, n - 1) i WHERE n BETWEEN 2 AND 5
		UNION ALL
		SELECT array_to_string(words[:i - 1] || s || words[i + 1:], ' '), 'synonym', 4 - place
		  FROM w, generate_series(1, n) i, (VALUES
			('create', '{make,build,new}'::text[]), ('make', '{create,build,new}'), ('delete', '{remove,drop,erase}'),
			('remove', '{delete,drop,erase}'), ('get', '{fetch,read,find}'), ('fetch', '{get,load,download}'),
			('find', '{search,lookup,locate}'), ('search', '{find,lookup,query}'), ('update', '{change,modify,set}'),
			('change', '{update,modify,edit}'), ('check', '{verify,validate,test}'), ('validate', '{check,verify}'),
			('verify', '{check,validate}'), ('send', '{write,transmit,post}'), ('receive', '{read,recv,get}'),
			('start', '{begin,launch,run}'), ('stop', '{end,shutdown,cancel}'), ('parse', '{read,decode,scan}'),
			('open', '{connect,create}'), ('close', '{shutdown,release,free}'), ('save', '{store,write,persist}'),
			('load', '{read,open,fetch}'), ('error', '{failure,exception,fault}'), ('function', '{method,routine}'),
			('method', '{function,member}'), ('user', '{account,member}'), ('list', '{array,enumerate}'),
			('login', '{authenticate,signin}'), ('connection', '{socket,session,link}'), ('thread', '{worker,task}'),
			('message', '{notification,event}'), ('cache', '{memo,buffer,store}')) AS y (word, others),
			unnest(others) WITH ORDINALITY AS z (s, place)
		 WHERE lower(words[i]) = word AND place <= 3
		UNION ALL
		SELECT array_to_string(words[:i - 1] || other_form(lower(words[i])) || words[i + 1:], ' '), 'short form', 4
		  FROM w, generate_series(1, n) i WHERE other_form(lower(words[i])) IS NOT NULL
		UNION ALL
		SELECT s, 'case style', 3 FROM w, LATERAL (VALUES
			(lower(words[1]) || initcap(words[2])), (initcap(words[1]) || initcap(words[2])),
			(lower(words[1]) || '_' || lower(words[2])), (lower(words[1]) || '-' || lower(words[2])),
			(upper(words[1]) || '_' || upper(words[2]))) AS y (s)
		 WHERE n = 2 AND query ~ '^\s*[[:alpha:]]+\s+[[:alpha:]]+\s*$'
		UNION ALL
		SELECT said || ' ' || word, 'intent word', 3 FROM statement, (VALUES ('implement', 'implementation'),
			('debug', 'error handling'), ('test', 'test'), ('document', 'documentation'), ('refactor', 'usage')) AS y (i, word)
		 WHERE i = intent AND said NOT LIKE '%' || word || '%'
		UNION ALL
		SELECT said || ' ' || language, 'language name', 2 FROM statement
		 WHERE language IS NOT NULL AND said NOT LIKE '%' || language || '%'
	), counted AS (
		SELECT made.*, length(variant)::real / greatest(length(query), 1) AS growth,
			(SELECT count(DISTINCT t) < count(*) FROM regexp_split_to_table(lower(variant), '\s+') t) AS repeats
		  FROM made
	)
	SELECT variant, min(rule) FROM counted
	 WHERE rule = 'original' OR (growth <= 2 AND NOT repeats AND lower(variant) <> lower(btrim(query)))
	 GROUP BY variant
	 ORDER BY max(worth + CASE WHEN growth BETWEEN 0.8 AND 1.2 THEN 1 WHEN growth > 1.5 THEN -1 ELSE 0 END) DESC, variant
	 LIMIT 10
$$;
