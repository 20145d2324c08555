import re, os
import pytest
from tests.web.story import *
from tests.web.browser import look
from pathlib import Path as P
@pytest.fixture
def office(story_template,tmp_path):
    yield from told(story_template,tmp_path)
@pytest.fixture
def st(story): return story

def journey(signed_in, office, s, theme, width, locale="en"):
    page=signed_in("cashier","/invoices/new?client=%s"%s.client_id, theme=theme,width=width,locale=locale)
    n=f"/tmp/shots/draft-{theme}-{width}-{locale}"
    page.screenshot(path=n+"-empty.png",full_page=True)
    for t in ("haircut","colouring",SHAMPOO,SHAMPOO):
        page.fill("#scan",""); page.click("#scan"); page.keyboard.type(t,delay=5); page.keyboard.press("Enter"); page.wait_for_timeout(500)
    page.keyboard.type("welcome10"); page.keyboard.press("Enter"); page.wait_for_timeout(400)
    page.screenshot(path=n+".png",full_page=True)
    page.click("#scan"); page.keyboard.type("co"); page.wait_for_timeout(700); page.keyboard.press("ArrowDown"); page.screenshot(path=n+"-suggest.png")
    look(page)
    page.keyboard.press("Escape"); page.keyboard.press("Escape"); page.wait_for_timeout(200)
    page.click("#manual summary"); page.fill("#f-manual_value","20"); page.fill("#f-reason","late"); page.wait_for_timeout(700)
    page.fill("#f-quantity-1","4820011223344"); page.wait_for_timeout(700)
    page.screenshot(path=n+"-wrong.png",full_page=True); look(page)
    page.fill("#f-manual_value","5"); page.fill("#f-quantity-1","1"); page.wait_for_timeout(700)
    page.screenshot(path=n+"-manual.png",full_page=True)
    page.click("button[value=issue]:visible"); page.wait_for_selector("h1:has-text('№')")
    n=n.replace("draft","invoice")
    page.screenshot(path=n+".png",full_page=True); look(page)
    page.pdf(path=n+"-a4.pdf",format="A4"); page.pdf(path=n+"-80mm.pdf",width="80mm",height="200mm",margin={"left":"3mm","right":"3mm","top":"3mm","bottom":"3mm"})
    page.fill("#f-amount","1000"); page.click(".ly-pay button"); page.wait_for_timeout(300)
    u=page.url
    page.goto(u+"/refund"); page.fill("#f-quantity-1","1"); page.wait_for_timeout(700); page.screenshot(path=n+"-refund.png",full_page=True); look(page)
    page.fill("#f-reason","did not like it"); page.click("button[value=refund]"); page.wait_for_timeout(400); page.screenshot(path=n+"-after.png",full_page=True); look(page)
    page.goto(u+"/why"); page.screenshot(path=n+"-why.png",full_page=True); look(page)
    page.goto("/invoices"); page.screenshot(path=n.replace("invoice-","invoices-")+".png",full_page=True); look(page)
    page.goto("/"); page.screenshot(path=n.replace("invoice-","today-")+".png",full_page=True)
@pytest.mark.parametrize("theme,width",[a.split("-") for a in os.environ.get("LOOKS","light-1366").split()])
def test_shots(signed_in, office, story, theme, width):
    journey(signed_in, office, story, theme, int(width))
