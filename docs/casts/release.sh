# A release of this repository's own Python monorepo.
rm changes/*.md && mkdir -p changes
printf 'Jobs run on Arm\n' > changes/31.feature.md
printf 'A cancelled job frees its memory\n' > changes/30.fix.md
git init --quiet --initial-branch main && git add --all && git commit --quiet --message 'The monorepo'
git init --quiet --bare ../origin.git && git remote add origin ../origin.git && git push --quiet origin main
$ cat changes/31.feature.md
$ xt release --next fragments --push --yes
$ git log --oneline --decorate
$ ls dist
