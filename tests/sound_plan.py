"""A small plan in which lint finds nothing, and what the incident workflow allows."""

from __future__ import annotations

from datetime import date

from respond.plan.flow import Flow, Step

TODAY = date(2026, 11, 20)
STATES = ("reported", "assessed", "level_assigned", "responding", "resolved")
FLOW = Flow(
    (
        Step("report", "new", "reported"),
        Step("assess", "reported", "assessed"),
        Step("assign_level", "assessed", "level_assigned"),
        Step("change_level", "level_assigned", "level_assigned"),
        Step("start_response", "level_assigned", "responding"),
        *(Step("report_upward", state, state) for state in STATES),
        *(Step("take_command", state, state) for state in STATES[:-1]),
        Step("resolve", "responding", "resolved"),
        Step("reopen", "resolved", "responding", reopens=True),
        Step("close_review", "resolved", "reviewed"),
    )
)
"""A workflow that is like that of an incident, and stays as it is when that one grows."""

SOUND = """
name = "sound"
version = "1"
title = "Sound"
titles = {zh = "健全"}
covers = ["failure"]

[[facets]]
id = "customers"
title = "Customers"
titles = {zh = "顾客"}

[[categories]]
id = "failure"
title = "Failure"
titles = {zh = "故障"}
facets = ["customers"]

[[categories]]
id = "network"
title = "Network failure"
titles = {zh = "网络故障"}
parent = "failure"

[[categories]]
id = "other"
title = "Other"
titles = {zh = "其他"}

[[levels]]
number = 1
title = "Grave"
titles = {zh = "重大"}
response = "full"
when = [{affected_customers = {from = 100}}, {fields = {area = "hall"}}]

[[levels]]
number = 2
title = "Light"
titles = {zh = "一般"}
when = [{affected_customers = {below = 100}}]

[[response_levels]]
id = "full"
title = "Full response"
titles = {zh = "一级响应"}

[[extension_fields]]
id = "area"
title = "Area"
titles = {zh = "区域"}
kind = "text"
choices = ["hall", "yard"]

[[roles]]
id = "director"
title = "Director"
titles = {zh = "总经理"}
rank = 1
holders = 1

[[roles]]
id = "commander"
title = "Commander"
titles = {zh = "指挥长"}
rank = 2
holders = 1
required_from = 2
substitutes = ["director"]
department = "service"
training = ["command"]

[[departments]]
id = "service"
title = "Service"
titles = {zh = "服务部"}
contact = "extension 7"
contact_verified_on = 2026-09-01

[[trainings]]
id = "command"
title = "Command"
titles = {zh = "指挥"}
valid = "2 years"

[[bodies]]
id = "centre"
title = "Centre"
titles = {zh = "指挥中心"}
head = "commander"
members = ["director"]

[[duties]]
id = "decide"
title = "Decide"
titles = {zh = "决策"}
role = "director"
phase = "respond"

[[teams]]
id = "crew"
title = "Crew"
titles = {zh = "小组"}
roles = ["commander"]

[[authority]]
id = "working"
commands = ["report", "assess", "assign_level", "change_level:raise", "start_response", "take_command", "report_upward"]
roles = ["commander", "director"]

[[authority]]
id = "ending"
commands = ["resolve", "reopen", "close_review"]
roles = ["commander", "director"]
n_of = 2
break_glass = true

[[authority]]
id = "lowering"
commands = ["change_level:lower"]
roles = ["director"]

[[measures]]
id = "contain"
title = "Contain"
titles = {zh = "控制"}
role = "commander"
categories = ["network"]
levels = [1]
resources = ["routers"]

[[measures]]
id = "repair"
title = "Repair"
titles = {zh = "修复"}
role = "commander"
after = ["contain"]
when = [{facets = ["customers"]}, {categories = ["failure"]}]

[[resources]]
id = "routers"
title = "Routers"
titles = {zh = "路由器"}
kind = "material"
quantity = 4
inspected_on = 2026-10-01
inspect_every = "1 year"
partner = "vendor"

[[partners]]
id = "vendor"
title = "Vendor"
titles = {zh = "供应商"}
agreement = "Contract 17"
agreement_until = 2027-12-31

[[channels]]
id = "telephone"
title = "Telephone"
titles = {zh = "电话"}
medium = "telephone"

[[audiences]]
id = "press"
title = "Press"
titles = {zh = "媒体"}
kind = "media"
channels = ["telephone"]
speakers = ["director"]

[[audiences]]
id = "head_office"
title = "Head office"
titles = {zh = "总部"}
kind = "superiors"
channels = ["telephone"]
speakers = ["commander"]

[[notices]]
id = "office"
tellers = ["commander"]
audience = "head_office"
channels = ["telephone"]

[[key_messages]]
id = "first"
title = "First"
titles = {zh = "首次"}
stage = "first"
text = "We know of it and are at work."

[[key_messages]]
id = "update"
title = "Update"
titles = {zh = "更新"}
stage = "update"
text = "This is where we are."

[[key_messages]]
id = "resolved"
title = "Resolved"
titles = {zh = "解决"}
stage = "resolved"
text = "It works again."

[[key_messages]]
id = "final"
title = "Final"
titles = {zh = "总结"}
stage = "final"
text = "This is what we learnt."

[customer_care]
limits = [{role = "commander", up_to = "500 CNY"}, {role = "director", up_to = "5000 CNY"}]

[[calendars]]
name = "office"
version = "1"
zone = "Asia/Shanghai"
# until

[[obligations]]
id = "initial"
title = "Initial report"
titles = {zh = "首报"}
act = "report_upward"
report = "initial"
recipient = "head_office"
role = "commander"
levels = [1]
due = [{from = "level_assigned", within = "1 h"}]
before = ["resolve"]
ladder = [{before = "10 min", tell = ["commander"]}, {tell = ["director"], levels = [1]}]

[[obligations]]
id = "final_report"
title = "Final report"
titles = {zh = "终报"}
act = "report_upward"
report = "final"
recipient = "head_office"
role = "commander"
levels = [1]
due = [{from = "previous_report", within = "5 working days"}, {from = "level_assigned", within = "9 days"}]
calendar = "office"
near = "1 day"

[[obligations]]
id = "review"
title = "Review"
titles = {zh = "复盘"}
act = "close_review"
role = "director"
due = [{from = "discharged", of = "final_report", within = "10 days"}, {from = "response_ended", within = "20 days"}]
recurs = {every = "5 days", until = ["reviewed"]}

[[risks]]
id = "cut"
title = "A cable is cut"
titles = {zh = "断缆"}
category = "network"
likelihood = 3
impact = 4
assessed_on = 2026-05-01

[[indicators]]
id = "loss"
title = "Loss of packets"
titles = {zh = "丢包"}
metric = "loss"
suggests = {from = 5}
prepares = {from = 3}
preparations = ["a spare line"]

[review]
levels = [1, 2]
participants = ["commander"]

[[drills]]
id = "dark"
title = "Dark shop"
titles = {zh = "断网演练"}
every = "6 months"
participants = ["commander"]

[revision]
approvers = ["director"]
overseen_by = "director"
"""
