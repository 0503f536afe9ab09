/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every test program's main does: one suite of one case, run, and counted. The few Check calls
 * that are used here and in the tests are the ones that a board's stand-in has to offer.
 */
#pragma once

#include <check.h>

/**
 * Adds the tests of a NULL-terminated list to one case and runs it; returns the exit code of main.
 */
static inline int suite_run(const char *name, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    for (; *tests; tests++) {
        tcase_add_test(tcase, *tests);
    }
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed > 0;
}
