//! A `$filter` of the sandbox.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| orchestrator_sandbox::check_filter(text));
