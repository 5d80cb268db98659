# git: init, add, commit, branch, merge, log, diff, clone, gc; hashes are the same because names and dates are fixed.
# timeout: 280
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=c GIT_COMMITTER_EMAIL=c@d GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_DATE='2024-01-02T03:04:05Z' GIT_COMMITTER_DATE='2024-01-02T03:04:05Z' GIT_PAGER=cat
git init -q -b main work && cd work || exit
for i in 1 2 3; do seq $i 100 >file$i; git add file$i; git commit -q -m "add file $i"; done
git checkout -q -b side; sed -i 's/^50$/fifty/' file1; git commit -qam 'on the side'
git checkout -q main; sed -i 's/^70$/seventy/' file1; git commit -qam 'on main'
git merge -q side -m 'merge side'; echo $?
git log --stat --oneline --graph
git diff HEAD~2 HEAD
git status; git ls-tree -r HEAD; git cat-file -p HEAD; git fsck 2>&1
git gc -q; git rev-parse HEAD; git grep -n fifty; git blame -s file1 | head -n 3
cd .. && git clone -q work copy && git -C copy log --format='%h %s'
git -C copy show nosuch; echo $?
rm -rf work copy # the index holds inode numbers and times
