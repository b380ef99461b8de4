//! See `alternator_lb_sdk::fuzzing::expressions`.

#![no_main]

use alternator_lb_sdk::fuzzing::expressions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| expressions(input));
