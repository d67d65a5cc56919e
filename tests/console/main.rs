//! The console in a real browser: headless Chromium through its driver. Where those are missing, one
//! line says so and the tests do nothing.
//!
//! A [`page::Page`] is the console in a browser of its own with a service of its own. It watches what
//! every test is about: nothing on the browser's console, no request to another host.

mod access;
mod axe;
mod browser;
mod conflicts;
mod folders;
mod imports;
mod keyboard;
mod live;
mod looks;
mod page;
mod parts;
mod proxies;
mod proxy;
mod readme;
mod records;
mod transfers;
mod tree;
mod trouble;
