//! See `alternator_lb_core::fuzzing::error_responses`.

#![no_main]

use alternator_lb_core::fuzzing::error_responses;

libfuzzer_sys::fuzz_target!(|input: &[u8]| error_responses(input));
