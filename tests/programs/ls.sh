# ls of a big folder: many files, names of users and groups, times, sorting, columns.
exec ls -l /usr/bin
