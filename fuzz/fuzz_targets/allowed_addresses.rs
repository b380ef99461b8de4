//! See `alternator_lb_core::fuzzing::allowed_addresses`.

#![no_main]

use alternator_lb_core::fuzzing::allowed_addresses;

libfuzzer_sys::fuzz_target!(|input: &[u8]| allowed_addresses(input));
