//! What `make image` and `make release` write.

mod project;

mod annotations;
mod archive;
mod bill;
mod commit;
