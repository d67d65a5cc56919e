//! What the project's README has for pages and programs in JavaScript, in the browser that is here.

use std::fmt::Write;

use harness::{eventually, workspace};
use serde_json::json;

use crate::page::Page;

#[test]
fn the_loop_of_the_readme_tells_what_happens() {
    let Some(page) = Page::start() else { return };
    let readme = std::fs::read_to_string(workspace().join("README.md")).expect("the page");
    let blocks: Vec<_> = readme.split("```js\n").skip(1).collect();
    let [block] = blocks.as_slice() else { panic!("one block is JavaScript") };
    let (block, _) = block.split_once("```").expect("its end");
    page.open("");
    page.element("#empty");
    page.follows();
    let address = page.service.host.address().to_string();
    let mut script =
        "window.told = []; const console = { log: (...all) => told.push(all) };".to_owned();
    let _ = write!(script, "(async () => {{ {} }})()", block.replace("localhost:3000", &address));
    // Where the page is, so that nothing but the service is asked.
    page.script(&script, &[]);
    eventually("the loop waits", || {
        let key = "path-records:changes:below:/jobs/";
        (page.service.redis.run::<u64>(&["EXISTS", key]) == 1).then_some(())
    });
    page.store("/jobs/1", "{}");
    page.store("/jobs/2?ttl=1", "{}");
    page.store("/elsewhere", "{}");
    page.service.host.delete("/jobs/1").send().expect(204);
    let all = json!([
        ["/jobs/1", "written"],
        ["/jobs/2", "written"],
        ["/jobs/1", "deleted"],
        ["/jobs/2", "expired"]
    ]);
    eventually("the loop has told all of it", || {
        (page.script("return told", &[]) == all).then_some(())
    });
    page.finish(&[]);
}
