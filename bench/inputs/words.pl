# Hashes, regular expressions and strings of Perl. Run by lxr-bench with the scale in thousandths.
use strict;
use warnings;

my ($seed, %counts) = (1);
for (1 .. $ARGV[0] * 700) {
    $seed = ($seed * 1103515245 + 12345) & 0x7FFFFFFF;
    my $word = "w" . $seed % 5003;
    $counts{$word}++ if $word =~ /[13579]$/;
}
my @most_frequent = sort { $counts{$b} <=> $counts{$a} || $a cmp $b } keys %counts;
my $last = $#most_frequent < 9 ? $#most_frequent : 9;
print join(" ", map { "$_=$counts{$_}" } @most_frequent[0 .. $last]), "\n";
