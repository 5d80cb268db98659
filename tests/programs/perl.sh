# perl: regular expressions, sorting, hashes, sprintf, pack, files, fork, local modules.
cat >script.pl <<'END'
use strict; use warnings; use POSIX qw(floor strftime); use List::Util qw(sum max); use Digest::MD5 qw(md5_hex); use Data::Dumper;
my %count; open(my $in, '<', '/usr/share/common-licenses/GPL-3') or open($in, '<', '/etc/passwd') or die;
while (<$in>) { $count{lc $1}++ while /(\w+)/g; }
print "$_ $count{$_}\n" for (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0 .. 10];
printf "%.10f %e %s %d\n", atan2(1, 1) * 4, 2**70, 10 / 3, -7 % 3;
print join(',', map { $_ ** 2 } grep { $_ % 2 } 1 .. 20), " ", sum(1 .. 100), " ", max(3, 9, 2), "\n";
print unpack('H*', pack('NnCa5d', 1, 2, 3, 'hello', 0.5)), " ", md5_hex('lxr'), "\n";
my $text = 'The quick brown fox'; (my $other = $text) =~ s/(\w+)/ucfirst reverse $1/ge; print "$other\n";
print strftime('%Y-%m-%d', gmtime(86400 * 365)), "\n";
$Data::Dumper::Sortkeys = 1; print Dumper({ a => [1, 2, { b => undef }] });
my $pid = fork; if (!$pid) { exit 9 } waitpid($pid, 0); print "child ", $? >> 8, "\n";
print `echo from a shell`; local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select(undef, undef, undef, 5); }; print $@;
eval { die { code => 5 } }; print $@->{code}, "\n"; print 'x' x 10, sprintf('%vd', '1.22.333'), "\n"; exit 4;
END
perl script.pl
echo $?
