# The main job: from a clone to a tested wheel.
cp -r docs/tutorial ../monorepo && cd ../monorepo
git init --quiet --initial-branch main && git add --all && git commit --quiet --message 'The tutorial'
$ xt generate-lockfiles
$ xt run apps/hello/hello/main.py
$ xt dependencies --transitive apps/hello/hello/main.py
$ xt test ::
$ xt test ::
$ xt package libs/greeting:dist
