"""The people of the story: who acts in it, and in which role of the plan."""

from __future__ import annotations

from respond.cli.scenario.step import Person

MONITOR = Person("payments.monitor")
DUTY_OFFICER = Person("wang.li", "duty_officer")
ASSESSOR = Person("chen.yu", "assessor")
COMMANDER = Person("liu.fang", "commander")
SECOND_COMMANDER = Person("zhao.min", "commander")
TECHNICAL_LEAD = Person("sun.jie", "technical_lead")
SITE_MANAGER = Person("pan.lei", "site_manager")
LOGISTICS = Person("luo.bin", "logistics")
TREASURER = Person("qian.yun", "treasurer")
LIAISON = Person("he.na", "liaison")
SPOKESPERSON = Person("ding.rui", "spokesperson")
EXECUTIVE = Person("gao.ping", "executive")
FIRST_CARE = Person("zhu.lin", "customer_care")
CARE = Person("lin.tao", "customer_care")
AGENT = Person("li.na", "agent")
STAFF_CARE = Person("feng.ke", "staff_care")
REVIEWER = Person("xu.mei", "reviewer")
