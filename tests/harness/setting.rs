//! What whoever runs the tests may choose.

/// A number that an environment variable may set, such as `SEED`; each run prints what it took, so
/// that it can be repeated.
pub fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let value = value.unwrap_or(default);
    println!("{name}={value}");
    value
}
