//! The rules of a resolution, a few lines each.

use crate::fixture::check;

// Versions.

#[test]
fn the_highest_version_wins() {
    check("> a \n a 1 \n a 2 \n a 1.10", "a==2");
    check("> a<2 \n a 1 \n a 2 \n a 1.10 \n a 1.9", "a==1.10");
}

#[test]
fn requirements_on_one_project_hold_together() {
    check(
        "> a>=1 \n > a!=3 \n > b \n a 1 \n a 2 \n a 3 \n b 1 -> a<3",
        "a==2 \n b==1",
    );
    check("> a>=2 \n > a<2 \n a 1 \n a 2", "conflict");
}

#[test]
fn a_version_that_leads_nowhere_is_not_chosen() {
    check(
        "> a \n > b<2 \n a 2 -> b>=2 \n a 1 -> b \n b 1 \n b 2",
        "a==1 \n b==1",
    );
    check("> a \n a 1 -> missing", "conflict");
    check("> a \n a 1 \n a 2 -> missing", "a==1");
    check("> a \n a 1 \n a 2 -> b>3 \n b 3", "a==1");
    check("> a \n a 1 \n a 2 {broken no METADATA}", "a==1");
    check("> a \n a 2 {broken no METADATA}", "conflict");
}

#[test]
fn cycles_end() {
    check("> a \n a 1 -> b \n b 1 -> a", "a==1 \n b==1");
    check("> a \n a 1 -> a>=1", "a==1");
    check("> a \n a 2 -> a<2 \n a 1", "a==1");
    check(
        "> a \n a 1 -> b==1 \n b 1 -> a==1 \n a 2 -> b==2 \n b 2 -> a==1",
        "a==1 \n b==1",
    );
}

#[test]
fn a_superfluous_package_is_left_out() {
    // `b` is decided on the way to `a` 2, which clashes with `c`.
    check(
        "> a \n > c \n a 2 -> b | d>=2 \n a 1 \n b 1 -> e \n c 1 -> d<2 \n d 1 \n d 2 \n e 1",
        "a==1 \n c==1 \n d==1",
    );
    check(
        "> a ; sys_platform == 'linux' and os_name == 'nt' \n a 1",
        "",
    );
}

#[test]
fn names_are_normalised() {
    check("> A_b \n > C \n a-b 1 \n c 1 -> a.B>=1", "a-b==1 \n c==1");
}

#[test]
fn nothing_is_required() {
    check("a 1", "");
}

#[test]
fn an_old_version_is_no_way_out() {
    // `b` clashes with the highest `a` often enough to be decided before it.
    check(
        "> a \n > b \n a 1 \n a 2 \n old 1 \n b 1 -> old
         b 2.1 -> a==1 \n b 2.2 -> a==1 \n b 2.3 -> a==1 \n b 2.4 -> a==1 \n b 2.5 -> a==1
         b 2.6 -> a==1 \n b 2.7 -> a==1",
        "a==1 \n b==2.7",
    );
}

#[test]
fn an_old_version_behind_another_package_is_no_way_out() {
    check(
        "> a \n > b \n a 1 \n a 2 \n old 1 \n b 1 -> inner==1 \n inner 1 -> old
         b 2.1 -> inner==2.1 \n b 2.2 -> inner==2.2 \n b 2.3 -> inner==2.3 \n b 2.4 -> inner==2.4
         b 2.5 -> inner==2.5 \n b 2.6 -> inner==2.6 \n b 2.7 -> inner==2.7 \n b 2.8 -> inner==2.8
         inner 2.1 -> a==1 \n inner 2.2 -> a==1 \n inner 2.3 -> a==1 \n inner 2.4 -> a==1
         inner 2.5 -> a==1 \n inner 2.6 -> a==1 \n inner 2.7 -> a==1 \n inner 2.8 -> a==1",
        "a==1 \n b==2.8 \n inner==2.8",
    );
    check(
        "> a \n > b \n a 1 \n a 2 \n old 1 \n b 1 -> inner \n inner 1 -> old
         inner 2.1 -> a==1 \n inner 2.2 -> a==1 \n inner 2.3 -> a==1 \n inner 2.4 -> a==1
         inner 2.5 -> a==1 \n inner 2.6 -> a==1 \n inner 2.7 -> a==1 \n inner 2.8 -> a==1",
        "a==1 \n b==1 \n inner==2.8",
    );
}

// Local versions, epochs, post-releases, ===.

#[test]
fn the_highest_local_version_wins() {
    check("> a==1.0 \n a 1.0 \n a 1.0+1 \n a 1.0+2", "a==1.0+2");
    check("> a>1.0 \n a 1.0+x", "conflict");
    check("> a<=1.0 \n a 1.0+x", "a==1.0+x");
    check(
        "> a==1.0+x \n > b \n a 1.0 \n a 1.0+x \n b 1 -> a==1.0",
        "a==1.0+x \n b==1",
    );
    check(
        "> a==1.0+x \n > b \n a 1.0+x \n a 1.0+y \n b 1 -> a==1.0+y",
        "conflict",
    );
    check("> a!=1.0 \n a 1.0+x \n a 0.9", "a==0.9");
}

#[test]
fn epochs() {
    check("> a \n a 2024.1 \n a 1!1.0", "a==1!1.0");
    check("> a>=2024 \n a 2024.1", "a==2024.1");
    check("> a~=1!1.0 \n a 1.5 \n a 1!1.5 \n a 1!2.0", "a==1!1.5");
}

#[test]
fn post_releases() {
    check("> a==1.0 \n a 1.0.post1", "conflict");
    check(
        "> a==1.0.post1 \n a 1.0.post1 \n a 1.0.post2",
        "a==1.0.post1",
    );
    check("> a>1.0 \n a 1.0.post1", "conflict");
    check("> a>=1.0 \n a 1.0.post1", "a==1.0.post1");
    check("> a \n a 1.0 \n a 1.0.post1", "a==1.0.post1");
}

#[test]
fn arbitrary_equality() {
    check("> a===1.0 \n a 1.0 \n a 1.0+x", "a==1.0");
    check("> a===1.0 \n a 2.0", "conflict");
}

// Pre-releases.

#[test]
fn a_stable_release_goes_before_a_pre_release() {
    check("> a \n a 1 \n a 2a1", "a==1");
    check("> a>=1a1 \n a 0.1 \n a 1b1", "a==1b1");
    check("> a>=0.1a1 \n a 0.1 \n a 1b1", "a==0.1");
    check("> a \n a 1a1 \n a 1a2", "a==1a2");
    check("> a>1 \n a 1 \n a 2a1", "a==2a1");
}

#[test]
fn a_pre_release_is_taken_where_nothing_stable_satisfies() {
    check(
        "> a \n > b \n a 1 -> c>=2a1 \n b 1 -> c \n c 1 \n c 2b1",
        "a==1 \n b==1 \n c==2b1",
    );
    // `d` 2 is a stable way, though the first version tried for it leads to a pre-release.
    check("> a \n a 1 -> c \n c 3a1 \n c 2.dev1", "a==1 \n c==3a1");
}

#[test]
fn pre_releases_can_be_allowed_or_refused() {
    check("prereleases allow \n > a \n a 1 \n a 2a1", "a==2a1");
    check("prereleases disallow \n > a \n a 1 \n a 2a1", "a==1");
    check("prereleases disallow \n > a>1 \n a 1 \n a 2a1", "conflict");
    check(
        "prereleases disallow \n > a>=2a1 \n a 1 \n a 2a1",
        "conflict",
    );
}

// Yanked.

#[test]
fn a_yanked_release_needs_an_exact_requirement() {
    check("> a \n a 1 \n a 2 {yanked}", "a==1");
    check("> a \n a 2 {yanked}", "conflict");
    check("> a==2 \n a 1 \n a 2 {yanked}", "a==2");
    check("> a===2 \n a 2 {yanked}", "a==2");
    check("> a==2.* \n a 2 {yanked}", "conflict");
    check(
        "override a==2 \n > b \n b 1 -> a<2 \n a 2 {yanked} \n a 1",
        "a==2 \n b==1",
    );
    // What a release requires by `==` may be yanked where nothing else is a solution.
    check("> b \n b 1 -> a==2 \n a 2 {yanked}", "a==2 \n b==1");
    check(
        "> b \n b 2 -> a==2 \n b 1 -> a \n a 2 {yanked} \n a 1",
        "a==1 \n b==1",
    );
    check("> b \n b 1 -> a==2.* \n a 2 {yanked}", "conflict");
    check(
        "> b \n > c \n b 1 -> a==2 \n c 1 -> a>=1 \n a 2 {yanked} \n a 1",
        "a==2 \n b==1 \n c==1",
    );
    check(
        "> b \n > c \n b 1 -> a==2 \n c 1 -> a<2 \n a 2 {yanked} \n a 1",
        "conflict",
    );
    check(
        "> b \n b 1 -> a==2.5 \n a 2 {yanked} \n a 3 {yanked}",
        "conflict",
    );
    check(
        "> b ; os_name == 'nt' \n > a \n b 1 -> a==2 \n a 2 {yanked} \n a 1",
        "a==1 ; os_name != 'nt'\na==2 ; os_name == 'nt'\nb==1 ; os_name == 'nt'",
    );
    check(
        "> b \n > a==2 \n b 1 -> a \n a 2 {yanked} \n a 1",
        "a==2 \n b==1",
    );
}

#[test]
fn a_package_that_is_needed_everywhere_has_no_marker() {
    check(
        "python CPython==3.12.* \n > a \n lock a==1 ; python_version >= '3.8' \n a 1 \n a 2",
        "a==1",
    );
}

#[test]
fn a_yanked_release_stays_locked() {
    check("> a \n lock a==2 \n a 1 \n a 2 {yanked}", "a==2");
}

// Markers and forks.

#[test]
fn a_marker_narrows_what_follows() {
    check(
        "> a ; sys_platform == 'linux' \n a 1 -> b ; python_version >= '3.13' \n b 1",
        "a==1 ; sys_platform == 'linux'
         b==1 ; python_full_version >= '3.13' and sys_platform == 'linux'",
    );
    check(
        "> a ; sys_platform == 'linux' \n > b ; sys_platform == 'win32' \n a 1 -> c \n b 1 -> c \n c 1",
        "a==1 ; sys_platform == 'linux'
         b==1 ; sys_platform == 'win32'
         c==1 ; sys_platform == 'linux' or sys_platform == 'win32'",
    );
    check("> a ; python_version < '3.12' \n > b \n b 1", "b==1");
}

#[test]
fn a_marker_that_always_holds_is_dropped() {
    check(
        "> a ; python_version >= '3.8' \n a 1 -> b ; implementation_name == 'cpython' \n b 1",
        "a==1 \n b==1 ; implementation_name == 'cpython'",
    );
    check(
        "platforms linux_x86_64 linux_arm64 \n > a ; sys_platform == 'linux' \n a 1",
        "a==1",
    );
}

#[test]
fn siblings_with_disjoint_markers_fork() {
    check(
        "> a>=2 ; sys_platform == 'linux' \n > a<2 ; sys_platform != 'linux' \n a 1 \n a 2",
        "a==1 ; sys_platform != 'linux' \n a==2 ; sys_platform == 'linux'",
    );
    check(
        "> b \n b 1 -> a>=2 ; python_version >= '3.13' | a<2 ; python_version < '3.13' \n a 1 \n a 2",
        "a==1 ; python_full_version < '3.13' \n a==2 ; python_full_version >= '3.13' \n b==1",
    );
}

#[test]
fn siblings_with_overlapping_markers_fork() {
    check(
        "> a ; sys_platform == 'linux' \n > a<2 ; sys_platform == 'win32' \n > a!=3 \n a 1 \n a 2 \n a 3",
        "a==1 ; sys_platform == 'win32' \n a==2 ; sys_platform != 'win32'",
    );
}

#[test]
fn siblings_with_the_same_versions_do_not_fork() {
    check(
        "> a>=1 ; sys_platform == 'linux' \n > a>=1 ; sys_platform == 'win32' \n a 1 \n a 2",
        "a==2 ; sys_platform == 'linux' or sys_platform == 'win32'",
    );
}

#[test]
fn packages_that_clash_on_disjoint_platforms_fork() {
    check(
        "> a ; sys_platform == 'linux' \n > b ; sys_platform == 'win32' \n a 1 -> c==1 \n b 1 -> c==2 \n c 1 \n c 2",
        "a==1 ; sys_platform == 'linux'
         b==1 ; sys_platform == 'win32'
         c==1 ; sys_platform == 'linux'
         c==2 ; sys_platform == 'win32'",
    );
    check(
        "> a \n > b \n a 1 -> c==1 ; os_name == 'posix' \n b 1 -> c==2 ; os_name != 'posix' \n c 1 \n c 2",
        "a==1
         b==1
         c==1 ; os_name == 'posix'
         c==2 ; os_name != 'posix'",
    );
}

#[test]
fn a_clash_on_overlapping_platforms_is_a_conflict() {
    check(
        "> a \n > b ; sys_platform == 'win32' \n a 1 -> c==1 \n b 1 -> c==2 \n c 1 \n c 2",
        "conflict",
    );
}

#[test]
fn a_clash_within_a_fork_is_a_conflict() {
    check(
        "> a>=2 ; sys_platform == 'linux' \n > a<2 ; sys_platform == 'win32' \n > b ; sys_platform == 'linux' \n b 1 -> a<2 \n a 1 \n a 2",
        "conflict",
    );
}

#[test]
fn versions_of_one_package_may_clash_on_different_platforms() {
    check(
        "> a \n > c<2 \n a 1 -> c>=2 ; sys_platform == 'linux' \n a 2 -> c>=2 ; sys_platform != 'linux' \n c 1 \n c 2",
        "a==1 ; sys_platform != 'linux' \n a==2 ; sys_platform == 'linux' \n c==1",
    );
}

#[test]
fn a_part_without_the_clash_gets_the_best_version() {
    // On Windows `a` 2 clashes with `b`; elsewhere it does not.
    check(
        "> a \n > b ; sys_platform == 'win32' \n a 2 -> c>=2 \n a 1 \n b 1 -> c<2 \n c 1 \n c 2",
        "a==1 \n b==1 ; sys_platform == 'win32' \n c==1 ; sys_platform == 'win32'",
    );
}

#[test]
fn the_python_of_a_fork_counts() {
    // `a` 2 is only needed where Python is new enough for it.
    check(
        "> a>=2 ; python_version >= '3.13' \n > a<2 ; python_version < '3.13' \n a 1 \n a 2 {python >=3.13}",
        "a==1 ; python_full_version < '3.13' \n a==2 ; python_full_version >= '3.13'",
    );
}

#[test]
fn other_implementations_are_left_out() {
    check("> a ; implementation_name == 'pypy' \n > b \n b 1", "b==1");
    check(
        "python >=3.12 \n > a ; implementation_name == 'pypy' \n a 1",
        "a==1 ; implementation_name == 'pypy'",
    );
}

// Extras.

#[test]
fn an_extra_adds_requirements() {
    check("> a \n a 1 -> b ; extra == 'x' \n b 1", "a==1");
    check(
        "> a[x] \n a 1 -> b ; extra == 'x' | c \n b 1 \n c 1",
        "a[x]==1 \n b==1 \n c==1",
    );
    check(
        "> a[X_y] \n a 1 -> b ; extra == 'x-y' \n b 1",
        "a[x-y]==1 \n b==1",
    );
    check(
        "> a[x,y] \n a 1 -> b ; extra == 'x' | c ; extra == 'y' \n b 1 \n c 1",
        "a[x,y]==1 \n b==1 \n c==1",
    );
}

#[test]
fn extras_may_ask_for_extras_of_their_own_project() {
    check(
        "> a[all] \n a 1 -> a[x,y] ; extra == 'all' | b ; extra == 'x' | c ; extra == 'y' \n b 1 \n c 1",
        "a[all,x,y]==1 \n b==1 \n c==1",
    );
    check(
        "> a[x] \n a 1 -> a[y] ; extra == 'x' | a[x] ; extra == 'y' \n a 0",
        "a[x,y]==1",
    );
}

#[test]
fn extras_with_markers() {
    check(
        "> a[x] \n a 1 -> b ; extra == 'x' and sys_platform == 'win32' \n b 1",
        "a[x]==1 \n b==1 ; sys_platform == 'win32'",
    );
    check(
        "> a \n > a[x] ; sys_platform == 'win32' \n a 1 -> b ; extra == 'x' \n b 1",
        "a[x]==1 \n b==1 ; sys_platform == 'win32'",
    );
    check(
        "> a[x] \n a 1 -> b>=2 ; extra == 'x' and sys_platform == 'win32' | b<2 ; sys_platform != 'win32' \n b 1 \n b 2",
        "a[x]==1 \n b==1 ; sys_platform != 'win32' \n b==2 ; sys_platform == 'win32'",
    );
}

#[test]
fn an_extra_and_its_project_have_one_version() {
    check(
        "> a[x] \n > b \n b 1 -> a<2 \n a 1 -> c ; extra == 'x' \n a 2 -> c ; extra == 'x' \n c 1",
        "a[x]==1 \n b==1 \n c==1",
    );
    check(
        "> a[x] \n > c<2 \n a 2 -> c>=2 ; extra == 'x' \n a 1 -> c ; extra == 'x' \n c 1 \n c 2",
        "a[x]==1 \n c==1",
    );
    check(
        "> a[x] \n > a[y] \n a 1 -> c==1 ; extra == 'x' | c==2 ; extra == 'y' \n c 1 \n c 2",
        "conflict",
    );
}

#[test]
fn a_missing_extra_is_a_warning() {
    check(
        "> a[x] \n a 1 -> b \n b 1",
        "a[x]==1 \n b==1 \n warning: a has no extra x",
    );
    check(
        "> a[x] \n a 2 \n a 1 {extra x}",
        "a[x]==2 \n warning: a has no extra x",
    );
}

// Requires-Python.

#[test]
fn the_lower_bound_must_cover_the_constraints() {
    check("> a \n a 1 {python >=3.8} \n a 2 {python >=3.13}", "a==1");
    check(
        "python CPython==3.13.* \n > a \n a 1 {python >=3.8} \n a 2 {python >=3.13}",
        "a==2",
    );
    check(
        "> a>=2 \n a 1 {python >=3.8} \n a 2 {python >=3.13}",
        "conflict",
    );
    check("> a \n a 2 {python >=3.12.1}", "conflict");
    check(
        "python CPython>=3.12.1 \n > a \n a 2 {python >=3.12.1}",
        "a==2",
    );
}

#[test]
fn versions_may_differ_by_python_where_none_serves_all() {
    check(
        "python CPython>=3.12,<3.14 \n > a \n a 1 {python ==3.12.*} \n a 2 {python >=3.13}",
        "a==1 ; python_full_version < '3.13' \n a==2 ; python_full_version >= '3.13'",
    );
}

#[test]
fn an_upper_bound_is_ignored() {
    check("> a \n a 1 \n a 2 {python >=3.8,<3.12}", "a==2");
    check("> a \n a 1 \n a 2 {python >=3.8,!=3.12.*}", "a==2");
}

#[test]
fn a_package_for_later_pythons_may_require_them() {
    check(
        "> a ; python_version >= '3.13' \n a 1 {python >=3.13}",
        "a==1 ; python_full_version >= '3.13'",
    );
    check(
        "> a \n > b ; python_version >= '3.13' \n a 1 -> b ; python_version >= '3.14' \n b 1 {python >=3.13}",
        "a==1 \n b==1 ; python_full_version >= '3.13'",
    );
    check(
        "> b ; python_version >= '3.13' \n b 1 -> c \n c 1 {python >=3.8} \n c 2 {python >=3.13}",
        "b==1 ; python_full_version >= '3.13' \n c==2 ; python_full_version >= '3.13'",
    );
}

#[test]
fn requirements_of_a_version_that_was_given_up_do_not_count() {
    // `c` 1 wants `e`, and so `a`, on every Python, and `a` has a wheel for Windows on one.
    check(
        "python CPython>=3.12,<3.14 \n platforms linux_x86_64 windows_x86_64
         > c \n > e!=2 ; python_version < '3.13'
         a 4a1 {wheel cp313-cp313-win_amd64} {wheel cp312-cp312-manylinux2014_aarch64}
         c 4a1 \n c 1 -> e<2 \n e 4a1 -> a ; sys_platform != 'linux'",
        "conflict",
    );
}

#[test]
fn a_package_met_late_for_all_pythons_is_chosen_again() {
    check(
        "> z ; python_version >= '3.13' \n > b \n b 1 -> c \n c 1 -> z \n z 1 {python >=3.8} \n z 2 {python >=3.13}",
        "b==1 \n c==1 \n z==1",
    );
}

// Platforms and kinds of files.

#[test]
fn wheels_alone_will_do() {
    check(
        "python CPython==3.12.* \n > a \n a 1 {wheel cp312-cp312-win_amd64}",
        "a==1",
    );
    check("> a \n a 1 \n a 2 {wheel cp39-cp39-win_amd64}", "a==1");
    check("> a \n a 1 {wheel py2-none-any}", "conflict");
}

#[test]
fn platforms_must_be_served() {
    check(
        "platforms linux_x86_64 windows_x86_64 \n > a \n a 1 \n a 2 {wheel cp312-cp312-win_amd64}",
        "a==1",
    );
    check(
        "python CPython==3.12.* \n platforms windows_x86_64 \n > a \n a 1 \n a 2 {wheel cp312-cp312-win_amd64}",
        "a==2",
    );
    check(
        "platforms linux_x86_64 \n > a \n a 2 {wheel cp312-cp312-win_amd64}",
        "conflict",
    );
    check(
        "platforms linux_x86_64 \n > a \n a 2 {wheel cp312-cp312-win_amd64} {sdist}",
        "a==2",
    );
    check(
        "platforms linux_x86_64 windows_x86_64 \n python CPython==3.12.* \n > a ; sys_platform == 'win32' \n a 2 {wheel cp312-cp312-win_amd64}",
        "a==2 ; sys_platform == 'win32'",
    );
    check(
        "platforms macos_arm64 macos_x86_64 \n python CPython==3.12.* \n > a \n a 1 {wheel cp312-cp312-macosx_11_0_universal2}",
        "a==1",
    );
}

#[test]
fn versions_may_differ_by_platform_where_none_serves_all() {
    check(
        "platforms linux_x86_64 macos_x86_64 \n > a \n a 1 {wheel py3-none-macosx_11_0_x86_64} \n a 2 {wheel py3-none-manylinux2014_x86_64}",
        "a==1 ; sys_platform == 'darwin' \n a==2 ; sys_platform != 'darwin'",
    );
}

#[test]
fn a_release_that_no_known_platform_can_use_is_passed_over() {
    check(
        "> a \n a 1 \n a 2 {wheel py3-none-macosx_10_0_ppc64}",
        "a==1",
    );
    check("> a \n a 2 {wheel py3-none-macosx_10_0_ppc64}", "conflict");
    check(
        "> a \n a 1 \n a 2 {wheel pp312-pypy312_pp73-win_amd64}",
        "a==1",
    );
    check(
        "python >=3.12 \n > a \n a 1 \n a 2 {wheel pp312-pypy312_pp73-win_amd64}",
        "a==1",
    );
}

#[test]
fn wheels_can_be_required() {
    check("require-wheels \n > a \n a 1 \n a 2 {sdist}", "a==1");
    check("require-wheels \n > a \n a 2 {sdist}", "conflict");
    check(
        "require-wheels \n platforms linux_x86_64 macos_arm64 \n > a \n a 1 \n a 2 {wheel cp312-cp312-manylinux2014_x86_64} {sdist}",
        "a==1",
    );
}

#[test]
fn kinds_of_files_can_be_refused() {
    check(
        "no-binary a \n > a \n a 1 \n a 2 {wheel py3-none-any}",
        "a==1",
    );
    check(
        "no-binary :all: \n > a \n a 2 {wheel py3-none-any}",
        "conflict",
    );
    check("only-binary a \n > a \n a 1 \n a 2 {sdist}", "a==1");
    check("only-binary b \n > a \n a 1 \n a 2 {sdist}", "a==2");
}

// Constraints.

#[test]
fn constraints_limit_versions_and_require_nothing() {
    check(
        "constraint a<2 \n constraint b<1 \n > a \n a 1 \n a 2",
        "a==1",
    );
    check("constraint a<2 \n > a>=2 \n a 1 \n a 2", "conflict");
    check(
        "constraint a<2 \n > b \n b 2 -> a>=2 \n b 1 -> a \n a 1 \n a 2",
        "a==1 \n b==1",
    );
    check("constraint a==2 \n > a \n a 2 {yanked} \n a 1", "a==2");
}

#[test]
fn a_constraint_with_a_marker_holds_there() {
    check(
        "constraint a<2 ; sys_platform == 'win32' \n > a ; sys_platform == 'linux' \n a 1 \n a 2",
        "a==2 ; sys_platform == 'linux'",
    );
    check(
        "constraint a<2 ; sys_platform == 'win32' \n > a>=2 ; sys_platform == 'linux' \n > a ; sys_platform == 'win32' \n a 1 \n a 2",
        "a==1 ; sys_platform == 'win32' \n a==2 ; sys_platform == 'linux'",
    );
    check(
        "constraint a==1 ; sys_platform == 'win32' \n constraint a==2 ; sys_platform != 'win32' \n > a \n a 1 \n a 2",
        "a==1 ; sys_platform == 'win32' \n a==2 ; sys_platform != 'win32'",
    );
}

#[test]
fn a_constraint_holds_for_what_is_met_late() {
    check(
        "constraint b!=2 ; sys_platform == 'linux' \n > c \n > b ; sys_platform != 'linux' \n b 1 \n b 2 \n c 1 -> b",
        "b==1 \n c==1",
    );
}

// Direct references.

#[test]
fn a_direct_reference_overrides_the_index() {
    check(
        "> a @ https://h.example/a.zip \n a 2 \n direct a @ https://h.example/a.zip = 1 -> b \n b 1",
        "a==1 (direct) \n b==1",
    );
    check(
        "> a @ https://h.example/a.zip \n > b \n b 1 -> a<2 \n a 1.5 \n direct a @ https://h.example/a.zip = 1",
        "a==1 (direct) \n b==1",
    );
    check(
        "> a @ https://h.example/a.zip \n > b \n b 1 -> a>=2 \n a 2 \n direct a @ https://h.example/a.zip = 1",
        "conflict",
    );
}

#[test]
fn a_direct_reference_that_is_met_late_overrides_the_index() {
    check(
        "> a \n > b \n b 1 -> a @ https://h.example/a.zip \n a 2 -> c \n c 1 \n direct a @ https://h.example/a.zip = 1",
        "a==1 (direct) \n b==1",
    );
}

#[test]
fn a_direct_reference_with_an_extra() {
    check(
        "> a[x] @ https://h.example/a.zip \n direct a @ https://h.example/a.zip = 1 -> b ; extra == 'x' \n b 1",
        "a[x]==1 (direct) \n b==1",
    );
}

#[test]
fn a_direct_reference_on_one_platform() {
    check(
        "> a @ https://h.example/a.zip ; sys_platform == 'win32' \n > a>=2 ; sys_platform != 'win32' \n a 2 \n direct a @ https://h.example/a.zip = 1",
        "a==1 (direct) ; sys_platform == 'win32' \n a==2 ; sys_platform != 'win32'",
    );
    check(
        "> a @ https://h.example/a.zip ; sys_platform == 'win32' \n > b \n b 1 -> a \n a 2 \n direct a @ https://h.example/a.zip = 1",
        "a==1 (direct) ; sys_platform == 'win32' \n a==2 ; sys_platform != 'win32' \n b==1",
    );
    check(
        "> a @ https://h.example/a.zip ; sys_platform == 'win32' \n > b \n b 1 -> a>=2 ; sys_platform != 'win32' \n a 2 \n direct a @ https://h.example/a.zip = 1",
        "a==1 (direct) ; sys_platform == 'win32' \n a==2 ; sys_platform != 'win32' \n b==1",
    );
}

#[test]
fn two_direct_references_for_one_project_conflict() {
    let index = "direct a @ https://h.example/a.zip = 1 \n direct a @ https://h.example/b.zip = 1";
    check(
        &format!("> a @ https://h.example/a.zip \n > a @ https://h.example/b.zip \n {index}"),
        "conflict",
    );
    check(
        &format!(
            "> a @ https://h.example/a.zip ; sys_platform == 'win32' \n > a @ https://h.example/b.zip ; sys_platform != 'win32' \n {index}"
        ),
        "a==1 (direct) ; sys_platform == 'win32' \n a==1 (direct) ; sys_platform != 'win32'",
    );
}

#[test]
fn an_override_stands_in_for_what_packages_require() {
    // Too narrow a bound, another project, and a marker that is too wide; the extra stays.
    check(
        "> app \n > b \n override b==2 \n app 1 -> b<2 \n b 1 \n b 2",
        "app==1 \n b==2",
    );
    check(
        "> app \n override b=c>1 \n app 1 -> b<2 \n b 1 \n c 1 \n c 2",
        "app==1 \n c==2",
    );
    check(
        "> app \n override b==1 ; sys_platform == 'linux' \n app 1 -> b \n b 1 \n b 2",
        "app==1 \n b==1 ; sys_platform == 'linux'",
    );
    check(
        "> app \n > app2[x] \n override b==1 \n app 1 -> b ; extra == 'x' \n app2 1 -> b ; extra == 'x'
         b 1 \n b 2",
        "app==1 \n app2[x]==1 \n b==1",
    );
    // What the user requires directly is not overridden.
    check("> b<2 \n override b==2 \n b 1 \n b 2", "b==1");
}

#[test]
fn an_excluded_project_is_not_locked() {
    check(
        "> app \n exclude b \n app 1 -> b | c \n b 1 \n c 1",
        "app==1 \n c==1",
    );
    check(
        "> app \n > b \n exclude b \n app 1 -> b<2 \n b 1 \n b 2",
        "app==1 \n b==2",
    );
}
