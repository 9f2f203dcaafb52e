<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${page.refresh}">
<title>Board of migrations</title>
<link rel="stylesheet" href="/board.css">
</head>
<body>
<header>
<h1>Migrations</h1>
<p class="quiet">alembic-zdt ${page.version}, asked at <time id="when">${page.when}</time>; this page asks again every ${page.refresh} s, and changes nothing.</p>
</header>
<main>
% for fault in page.state.faults:
<p class="bad" role="alert">${fault}</p>
% endfor
% for database in page.state.databases:
<% status = database.status %>
<section class="database">
<h2>Database ${database.name or "without a name"}</h2>
% if status is not None:
<p>At revision ${", ".join(status["heads"]) or "base"}.\
% if not status["pending"]:
 <span class="good">Nothing is pending.</span>\
% endif
</p>
% if status["pending"]:
<%self:wide caption="Pending revisions">
<thead><tr><th scope="col">revision</th><th scope="col">phase</th><th scope="col">message</th></tr></thead>
<tbody>
% for each in status["pending"]:
<tr><td>${each["revision"]}</td><td>${each["phase"]}</td><td>${each["message"] or ""}\
% if each["behind"]:
 <span class="bad">after contract ${each["behind"]}</span>\
% endif
</td></tr>
% endfor
</tbody>
</%self:wide>
% endif
% for each in status["half_done"]:
<p class="bad">Half done: the ${each["direction"]} of ${each["revision"]}, since ${each["since"]}.</p>
% endfor
<h3>Windows</h3>
% if status["windows"]:
<%self:wide caption="Pairs of columns that a trigger keeps equal">
<thead><tr><th scope="col">table</th><th scope="col">columns</th><th scope="col">rows</th></tr></thead>
<tbody>
% for each in status["windows"]:
<tr><td>${each["table"]}</td><td>${each["columns"][0]} and ${each["columns"][1]}</td>
% if each["proven"]:
<td class="good">all proven equal</td></tr>
% else:
<td>not yet proven equal</td></tr>
% endif
% endfor
</tbody>
</%self:wide>
% else:
<p class="quiet">No window is open.</p>
% endif
<h3>Backfills</h3>
% if status["backfills"]:
<%self:wide caption="Backfills that are not finished">
<thead><tr><th scope="col">backfill</th><th scope="col">table</th><th scope="col">status</th><th scope="col">done</th><th scope="col" class="number">rows</th><th scope="col" class="number">workers</th></tr></thead>
<tbody>
% for each in status["backfills"]:
<tr><td>${each["name"]}</td><td>${each["table"]}</td><td>${each["status"]}\
% if each["waiting"]:
<br>waiting: ${each["waiting"]}\
% endif
% if each["error"]:
<br><span class="bad">${each["error"]}</span>\
% endif
</td><td>\
% if each["share"] is not None:
<progress max="1" value="${each["share"]}" aria-label="done of ${each["name"]}"></progress> ${f"{100 * each['share']:.0f} %"}\
% endif
</td><td class="number">${f"{each['rows_done']:,}"}</td><td class="number">${len(each["workers"])}</td></tr>
% endfor
</tbody>
</%self:wide>
% else:
<p class="quiet">No backfill is left.</p>
% endif
% if status["findings"]:
<h3>Faults</h3>
<ul>
% for each in status["findings"]:
<li>${each["severity"]}: ${each["message"]}</li>
% endfor
</ul>
% endif
% endif
<h3>Blockers</h3>
% if database.waits is None:
<p class="quiet">Not known.</p>
% elif database.waits:
<%self:wide caption="Sessions that wait for locks, those that wait longest first">
<thead><tr><th scope="col">waits</th><th scope="col">session</th><th scope="col">blocked by</th></tr></thead>
<tbody>
% for each in database.waits:
<tr><td>${page.duration(each.seconds)}</td><td>pid ${each.pid}${f", {each.application}" if each.application else ""}${f", role {each.role}" if each.role else ""}\
% if each.query:
<br><code>${each.query}</code>\
% endif
</td><td>
% for holder in each.blockers:
<p>${page.blocker(holder)}</p>
% endfor
</td></tr>
% endfor
</tbody>
</%self:wide>
% else:
<p class="quiet">No session waits for a lock.</p>
% endif
</section>
% endfor
% if page.state.fleet is not None:
<% fleet = page.state.fleet %>
<section class="fleet">
<h2>Fleet</h2>
% if fleet["run"]:
<p>Run ${fleet["run"]}: ${fleet["status"]}${f", {fleet['reason']}" if fleet["reason"] else ""}; not done: ${page.fleet_counts}.</p>
% if any(each["status"] != "waiting" for each in fleet["open"]):
<%self:wide caption="Targets that run or have failed">
<thead><tr><th scope="col">target</th><th scope="col">status</th><th scope="col">time</th><th scope="col">step or error</th></tr></thead>
<tbody>
% for each in fleet["open"]:
% if each["status"] != "waiting":
<tr><td>${each["name"]}</td><td class="${"bad" if each["status"] == "failed" else ""}">${each["status"]}</td><td>${page.duration(each["seconds"])}</td><td>${each["error"] or each["step"]}</td></tr>
% endif
% endfor
</tbody>
</%self:wide>
% endif
% else:
<p class="quiet">No run was begun.</p>
% endif
</section>
% endif
</main>
</body>
</html>
<%def name="wide(caption)">
<div class="wide"><table>
<caption>${caption}</caption>
${caller.body() | n}
</table></div>
</%def>
