#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| path_records_parser_rules::tokens(data));
