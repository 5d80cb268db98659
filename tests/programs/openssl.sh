# OpenSSL's hand-written paths: SHA and AES instructions, VAES, AVX2, SSSE3, and none, as its mask of features chooses.
command -v openssl >/dev/null || exit 0
head -c 300001 /dev/zero | tr '\0' 'x' >plain
seq 1 40000 >>plain
key=000102030405060708090a0b0c0d0e0f
vector=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff
# all; without AES, PCLMULQDQ, AVX; without SHA, AVX2, BMI2, ADX, VAES; without anything above SSE2
for mask in '' '~0x1200000200000002' ':~0x20080128:~0x600' '~0x1a98020302000203:0'; do
    echo "mask $mask"
    for digest in md5 sha1 sha256 sha512 sha3-256 blake2b512; do
        OPENSSL_ia32cap=$mask openssl dgst -$digest plain
    done
    for cipher in aes-128-cbc aes-128-ctr aes-256-cbc chacha20; do
        case $cipher in *256*|chacha20) long=$key$key ;; *) long=$key ;; esac
        OPENSSL_ia32cap=$mask openssl enc -$cipher -K $long -iv $vector -in plain -out sealed
        OPENSSL_ia32cap=$mask openssl enc -d -$cipher -K $long -iv $vector -in sealed -out opened
        cksum <sealed
        cmp plain opened
    done
    OPENSSL_ia32cap=$mask openssl dgst -sha256 -mac HMAC -macopt hexkey:$key plain
    OPENSSL_ia32cap=$mask openssl prime -generate -bits 32 >/dev/null && echo "prime"
done
openssl prime 170141183460469231731687303715884105727
