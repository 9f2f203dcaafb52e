<%def name="revision_table()">
<table>
<caption>Each revision: the locks that block reads or writes of the application, as the
steps declare them and as they were traced.</caption>
<thead><tr>
<th scope="col">revision</th><th scope="col">declared</th><th scope="col">traced</th>
<th scope="col" class="number">time</th>
<th scope="col" class="number">slowest answer</th>
<th scope="col" class="number">WAL</th><th scope="col" class="number">disk</th>
<th scope="col" class="number">dead rows</th>
</tr></thead>
<tbody>
% for each in page.summaries:
<tr>
<th scope="row"><a href="#${each.anchor}">${each.title}</a></th>
<td>${each.declared}</td>
<td>${each.traced}</td>
<td class="number">${each.took}</td>
<td class="number">${each.longest}</td>
<td class="number">${each.wal}</td>
<td class="number">${each.disk}</td>
<td class="number">${each.dead_rows}</td>
</tr>
% endfor
</tbody>
</table>
</%def>

<%def name="statements(run)">
% if run.work:
<details>
<summary>Steps and statements: ${len(run.work)}</summary>
% for each in run.work:
<h4>${each.label}: ${each.words}</h4>
% for statement in each.statements:
<pre>${statement.sql}</pre>
<p class="quiet">${statement.words}</p>
% endfor
% endfor
</details>
% endif
</%def>

<%def name="one_run(run)">
<figure>
<figcaption>${run.caption}</figcaption>
<div id="${run.id}" class="chart" role="img" aria-label="${run.spoken}"
style="min-height: ${run.height}px"></div>
</figure>
% if run.verdicts:
<ul>
% for line in run.verdicts:
<li class="bad">${line}</li>
% endfor
</ul>
% else:
<p class="good">No stall, no undeclared lock and no error.</p>
% endif
% if run.errors:
<h3>Errors of the application</h3>
<table>
<thead><tr><th scope="col">statement</th><th scope="col">error</th>
<th scope="col" class="number">times</th></tr></thead>
<tbody>
% for statement, error, count in run.errors:
<tr><td><code>${statement}</code></td><td>${error}</td>
<td class="number">${f"{count:,}"}</td></tr>
% endfor
</tbody>
</table>
% endif
${statements(run)}
</%def>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<meta name="color-scheme" content="light dark">
<title>Rehearsal of ${page.title}</title>
<style>${page.style | n}</style>
</head>
<body>
<header>
<h1>Rehearsal of ${page.title}</h1>
<p class="quiet">${page.when}; PostgreSQL ${page.server}; alembic_zdt ${page.version}</p>
</header>
<main>
<p class="${'good' if page.is_harmless else 'bad'}">${page.verdict}</p>
% if page.rows:
<p>Rows: ${page.rows}.</p>
% else:
<p>No table has rows, so no stall can be seen.</p>
% endif
<p class="quiet">Times are those of the scratch database and grow with the tables. WAL is
that of the whole server; WAL, disk and dead rows contain what the traffic has
written.</p>
<div class="wide">${revision_table()}</div>
% for each in page.revisions:
<section aria-labelledby="${each.anchor}">
<h2 id="${each.anchor}">${each.title}</h2>
<div class="pair ${'compared' if len(each.runs) > 1 else ''}">
% for run in each.runs:
<div>
% if run.heading:
<h3>${run.heading}</h3>
% endif
${one_run(run)}
</div>
% endfor
</div>
% if each.findings:
<h3>Findings of lint</h3>
<ul>
% for line in each.findings:
<li>${line}</li>
% endfor
</ul>
% endif
</section>
% endfor
</main>
<script type="application/json" id="specs">${page.specs | n}</script>
<script>${page.plotly | n}</script>
<script>${page.script | n}</script>
</body>
</html>
